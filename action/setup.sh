#!/usr/bin/env bash
# Checks that measuring is safe here, finds a Python for leakgate itself, and says where its wheels lie and how they are cached.
# Reads the environment only, never the shell's arguments. The scripts' own Python is not touched.
set -euo pipefail

fail() {
  echo "::error title=leakgate::$1"
  echo "exit-code=2" >>"${GITHUB_OUTPUT}"
  exit 2
}

case "${GITHUB_EVENT_NAME:-}" in
  pull_request_target | workflow_run)
    if [ "${LEAKGATE_ALLOW_UNSAFE_EVENT:-}" != "true" ] && [ -z "${LEAKGATE_RESULTS:-}" ]; then
      fail "leakgate does not run code under ${GITHUB_EVENT_NAME}: it may be a stranger's, and the job holds the rights of the repository. Use pull_request, or see docs/github-action.md for the second workflow."
    fi
    ;;
esac

# What the interpreter is, for the key of the cache; fails where it is too old for leakgate or cannot make an environment.
describe='
import ensurepip, hashlib, sys, sysconfig, venv
if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
    sys.exit(1)
known = "|".join([sys.version, sys.base_prefix, sysconfig.get_platform()])
sys.stdout.write(hashlib.sha256(known.encode()).hexdigest()[:16])
'

candidates=(python3 python python3.14 python3.13 python3.12 python3.11)
# What GitHub'"'"'s images carry beside the PATH; newest last in the glob, and a missing folder is fine.
for found in "${RUNNER_TOOL_CACHE:-/nowhere}"/Python/3.1[1-9].*/*/{bin/python3,python.exe}; do
  [ -x "${found}" ] && candidates+=("${found}")
done

python=""
for candidate in "${candidates[@]}"; do
  if path="$(command -v "${candidate}")" && identity="$("${path}" -I -c "${describe}" 2>/dev/null)"; then
    python="${path}"
    break
  fi
done
if [ -z "${python}" ]; then
  fail "leakgate needs CPython 3.11 or newer for itself, and this runner has none. Add a step: uses actions/setup-python with python-version 3.13. The scripts may still run on CPython 3.9 or newer, by the input python."
fi

lock="$("${python}" -I -c 'import hashlib, sys; sys.stdout.write(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()[:16])' "${GITHUB_ACTION_PATH}/requirements/runtime.txt")"
# Each lock has a folder of its own, so that two versions of the Action in one job do not share one.
wheels="${RUNNER_TEMP}/leakgate-wheels-${identity}-${lock}"
{
  echo "python=${python}"
  echo "wheels=${wheels}"
  # Another step of the job may have used this version of the Action before.
  if [ -d "${wheels}" ]; then echo "present=true"; fi
  echo "cache-key=leakgate-2-${RUNNER_OS:-any}-${RUNNER_ARCH:-any}-${identity}-${lock}"
} >>"${GITHUB_OUTPUT}"
if [ "${RUNNER_DEBUG:-}" = "1" ]; then
  echo "::debug::leakgate's own Python is ${python}"
fi
