"""Entry: `PYTHON .../leakgate/probe/__main__.py CHANNEL INTERVAL SCRIPT [ARGS...]`; runs SCRIPT in this process.

This code runs in the namespace that the script gets later. So it does as little as possible, and `become` removes its
names.
"""

import sys

package = type(sys)("_leakgate_probe")
package.__path__ = [__file__.rpartition("/")[0] or __file__.rpartition("\\")[0] or "."]
sys.modules["_leakgate_probe"] = package

from _leakgate_probe import become  # type: ignore[import-not-found] # noqa: E402 - the package exists only now

become.run_script()
