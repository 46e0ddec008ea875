#!/usr/bin/env bash
# Makes leakgate's own environment, for this use of the Action alone, from wheels that are locked by hash in the Action.
# An environment that lies there already is never used, and a wheel that is not the locked one is refused: what an earlier
# step or a poisoned cache has planted is not run. leakgate itself is not installed: a .pth file points at the Action's
# checkout, so that its commit is what runs.
set -euo pipefail

# The scripts' settings are not leakgate's.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PIP_TARGET PIP_USER PIP_PREFIX PIP_REQUIRE_VIRTUALENV

home="$(mktemp -d "${RUNNER_TEMP}/leakgate-XXXXXXXXXX")"
# The compiled modules of the next steps. The caches beside the modules are not used: they are not part of the digest.
compiled="${home}/compiled"
lock=(--disable-pip-version-check --no-input --quiet --require-hashes --only-binary ":all:" --requirement "${GITHUB_ACTION_PATH}/requirements/runtime.txt")

fail() {
  echo "::endgroup::"
  echo "::error title=leakgate::leakgate's requirements could not be installed; the log of this step says why. On a runner without a package index, name a mirror with PIP_INDEX_URL."
  echo "exit-code=2" >>"${GITHUB_OUTPUT}"
  exit 2
}

# The interpreter of an environment.
python_of() {
  if [ -x "$1/Scripts/python.exe" ]; then echo "$1/Scripts/python.exe"; else echo "$1/bin/python"; fi
}

echo "::group::Install leakgate's own environment"
"${LEAKGATE_BASE_PYTHON}" -I -m venv --without-pip "${home}" || fail
python="$(python_of "${home}")"

unpack() {
  "${python}" -I -X "pycache_prefix=${compiled}" "${GITHUB_ACTION_PATH}/action/unpack.py" "${LEAKGATE_WHEELS}"
}

# pip is needed to choose and fetch the wheels for this machine only. It has an environment of its own.
fetch() {
  rm -rf "${LEAKGATE_WHEELS}"
  "${LEAKGATE_BASE_PYTHON}" -I -m venv "${home}/fetch" &&
    "$(python_of "${home}/fetch")" -I -m pip download --dest "${LEAKGATE_WHEELS}" "${lock[@]}" &&
    rm -rf "${home}/fetch"
}

fresh=false
if ! { [ -d "${LEAKGATE_WHEELS}" ] && unpack; }; then
  { fetch && unpack; } || fail
  fresh=true
fi
echo "::endgroup::"

# All that the step that reports will run: the environment, the Action, and the Python that both stand on.
sealed="$("${python}" -I -c '
import os, pathlib, sys, sysconfig
action = pathlib.Path(os.environ["GITHUB_ACTION_PATH"])
roots = [sys.prefix, *(action / name for name in ("action", "leakgate", "requirements")), sysconfig.get_path("stdlib")]
roots.append(os.path.realpath(sys.executable))
library = pathlib.Path(sys.base_prefix, "lib")
roots += sorted(library.glob("libpython*")) + sorted(pathlib.Path(sys.base_prefix).glob("python3*.dll"))
sys.stdout.buffer.write("\n".join(map(str, roots)).encode())  # Windows would end lines by two characters
')"
{
  echo "python=${python}"
  echo "home=${home}"
  echo "compiled=${compiled}"
  echo "fresh=${fresh}"
  echo "sealed<<leakgate-${home##*-}"
  echo "${sealed}"
  echo "leakgate-${home##*-}"
} >>"${GITHUB_OUTPUT}"
