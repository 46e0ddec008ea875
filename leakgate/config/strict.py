"""The base class of all forms of the config."""

from pydantic import BaseModel, ConfigDict


class ConfigForm(BaseModel):
    """A mapping of the config: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
