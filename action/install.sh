#!/usr/bin/env bash
# Makes leakgate's own environment, for this use of the Action alone, from wheels that are locked by hash in the Action.
# An environment that lies there already is never used, and a wheel that is not the locked one is refused: what an earlier
# step or a poisoned cache has planted is not run. leakgate itself is copied from the Action's checkout, so that its commit
# is what runs.
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

# A signal reaches this shell only, and bash does not act on it while a program runs in the foreground.
running=""
stop() {
  [ -z "${running}" ] || kill -TERM -- "-${running}" 2>/dev/null || kill -TERM "${running}" 2>/dev/null || true
  exit 130
}
trap stop INT TERM

# Runs a program in a process group of its own, which ends with this script.
follow() {
  set -m
  "$@" &
  running=$!
  set +m
  local status=0
  wait "${running}" || status=$?
  running=""
  return "${status}"
}

echo "::group::Install leakgate's own environment"
follow "${LEAKGATE_BASE_PYTHON}" -I -m venv --without-pip "${home}" || fail
python="$(python_of "${home}")"

unpack() {
  follow "${python}" -I -X "pycache_prefix=${compiled}" "${GITHUB_ACTION_PATH}/action/unpack.py" "${LEAKGATE_WHEELS}"
}

# pip is needed to choose and fetch the wheels for this machine only. It has an environment of its own.
fetch() {
  rm -rf "${LEAKGATE_WHEELS}"
  follow "${LEAKGATE_BASE_PYTHON}" -I -m venv "${home}/fetch" &&
    follow "$(python_of "${home}/fetch")" -I -m pip download --dest "${LEAKGATE_WHEELS}" "${lock[@]}" &&
    rm -rf "${home}/fetch"
}

fresh=false
if ! { [ -d "${LEAKGATE_WHEELS}" ] && unpack; }; then
  { fetch && unpack; } || fail
  fresh=true
fi
echo "::endgroup::"

# A Python that does not start without LD_LIBRARY_PATH gets it back in the reporting step.
library_path=""
if [ -n "${LD_LIBRARY_PATH:-}" ] && ! LD_LIBRARY_PATH="" "${python}" -I -c '' 2>/dev/null; then
  library_path="${LD_LIBRARY_PATH}"
fi

# Everything that the reporting step runs or believes. Each line is a depth and a path.
sealed="$("${python}" -I "${GITHUB_ACTION_PATH}/action/sealed.py" "${GITHUB_EVENT_PATH:-}" "${library_path}")"
{
  echo "python=${python}"
  echo "home=${home}"
  echo "compiled=${compiled}"
  echo "fresh=${fresh}"
  echo "library-path=${library_path}"
  echo "sealed<<leakgate-${home##*-}"
  echo "${sealed}"
  echo "leakgate-${home##*-}"
} >>"${GITHUB_OUTPUT}"
