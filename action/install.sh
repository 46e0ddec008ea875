#!/usr/bin/env bash
# Makes leakgate's own environment from the hash-locked requirements that ship with the action, unless the cache had it.
# leakgate itself is not installed: a .pth file points at the action's checkout, so that its commit is what runs.
set -euo pipefail

# The scripts' settings are not leakgate's.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PIP_TARGET PIP_USER PIP_PREFIX PIP_REQUIRE_VIRTUALENV

own_python() {
  if [ -x "${LEAKGATE_HOME}/Scripts/python.exe" ]; then
    echo "${LEAKGATE_HOME}/Scripts/python.exe"
  else
    echo "${LEAKGATE_HOME}/bin/python"
  fi
}

fresh=false
if [ ! -f "${LEAKGATE_HOME}/complete" ]; then
  echo "::group::Install leakgate's own environment"
  rm -rf "${LEAKGATE_HOME}"
  "${LEAKGATE_BASE_PYTHON}" -I -m venv "${LEAKGATE_HOME}"
  if ! "$(own_python)" -I -m pip install --disable-pip-version-check --no-input --quiet --require-hashes --only-binary :all: \
    --requirement "${GITHUB_ACTION_PATH}/requirements/runtime.txt"; then
    echo "::endgroup::"
    echo "::error title=leakgate::leakgate's requirements could not be installed; the log of this step says why. On a runner without a package index, name a mirror with PIP_INDEX_URL."
    echo "exit-code=2" >>"${GITHUB_OUTPUT}"
    exit 2
  fi
  touch "${LEAKGATE_HOME}/complete"
  fresh=true
  echo "::endgroup::"
fi

python="$(own_python)"
"${python}" -I -c '
import os, pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "leakgate-action.pth").write_text(
    os.environ["GITHUB_ACTION_PATH"] + "\n", encoding="locale" if sys.version_info < (3, 13) else "utf-8"
)
'
{
  echo "python=${python}"
  echo "fresh=${fresh}"
} >>"${GITHUB_OUTPUT}"
