"""Entry: `PYTHON .../leakgate/probe/__main__.py CHANNEL INTERVAL SCRIPT [ARGS...]`; becomes SCRIPT.

It runs in the namespace that will be the script's, so it leaves at once; `session` cleans up behind it.
"""

import sys

package = type(sys)("_leakgate_probe")
package.__path__ = [__file__.rpartition("/")[0] or __file__.rpartition("\\")[0] or "."]
sys.modules["_leakgate_probe"] = package

from _leakgate_probe import become  # type: ignore[import-not-found] # noqa: E402 - the package exists only now

become.run_script()
