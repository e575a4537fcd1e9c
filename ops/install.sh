# A virtual environment in .venv with exactly the packages of a locked file: install.sh PYTHON LOCK [uv flags…]
set -e
python=$1 lock=$2
shift 2
sh ops/check_python.sh "$python"
if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Making .venv…"
  rm -rf .venv
  "$python" -m venv .venv
fi
echo "Installing $lock…"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
test -w "${HOME:-/nonexistent}" || export PIP_NO_CACHE_DIR=1
# uv is four times as fast; pip installs the same locked file where uv cannot (a mirror only pip knows of).
if ! .venv/bin/python -m pip install -q --require-hashes -r requirements-uv.txt ||
  ! .venv/bin/python -m uv pip install "$@" --require-hashes -r "$lock"; then
  echo "uv could not; trying pip…"
  .venv/bin/python -m pip install -q --require-hashes -r "$lock"
fi
