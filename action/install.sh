#!/usr/bin/env bash
# Makes leakgate's own environment, for this use of the Action alone, from wheels that are locked by hash in the Action.
# An environment that lies there already is never used, and a wheel that is not the locked one is refused: what an earlier
# step or a poisoned cache has planted is not run. leakgate itself is not installed: a .pth file points at the Action's
# checkout, so that its commit is what runs.
set -euo pipefail

# The scripts' settings are not leakgate's.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PIP_TARGET PIP_USER PIP_PREFIX PIP_REQUIRE_VIRTUALENV

home="$(mktemp -d "${RUNNER_TEMP}/leakgate-XXXXXXXXXX")"
lock=(--disable-pip-version-check --no-input --quiet --require-hashes --only-binary ":all:" --requirement "${GITHUB_ACTION_PATH}/requirements/runtime.txt")

fail() {
  echo "::endgroup::"
  echo "::error title=leakgate::leakgate's requirements could not be installed; the log of this step says why. On a runner without a package index, name a mirror with PIP_INDEX_URL."
  echo "exit-code=2" >>"${GITHUB_OUTPUT}"
  exit 2
}

echo "::group::Install leakgate's own environment"
"${LEAKGATE_BASE_PYTHON}" -I -m venv "${home}" || fail
if [ -x "${home}/Scripts/python.exe" ]; then python="${home}/Scripts/python.exe"; else python="${home}/bin/python"; fi

install() {
  "${python}" -I -m pip install --no-index --find-links "${LEAKGATE_WHEELS}" "${lock[@]}"
}

fresh=false
if ! { [ -d "${LEAKGATE_WHEELS}" ] && install; }; then
  rm -rf "${LEAKGATE_WHEELS}"
  { "${python}" -I -m pip download --dest "${LEAKGATE_WHEELS}" "${lock[@]}" && install; } || fail
  fresh=true
fi
"${python}" -I -c '
import os, pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "leakgate-action.pth").write_text(
    os.environ["GITHUB_ACTION_PATH"] + "\n", encoding="locale" if sys.version_info < (3, 13) else "utf-8"
)
'
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
  echo "fresh=${fresh}"
  echo "sealed<<leakgate-${home##*-}"
  echo "${sealed}"
  echo "leakgate-${home##*-}"
} >>"${GITHUB_OUTPUT}"
