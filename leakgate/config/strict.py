"""What every form of the config has in common."""

from pydantic import BaseModel, ConfigDict


class ConfigForm(BaseModel):
    """A mapping of the config: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
