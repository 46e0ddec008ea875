"""Evidence on disk: written all at once, read back with suspicion, judged again elsewhere."""

from leakgate.session.read import load_any, read_sessions
from leakgate.session.write import write_session

__all__ = ["load_any", "read_sessions", "write_session"]
