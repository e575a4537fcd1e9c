# Says in one sentence what is missing before anything can start, and how to get it.
python=$1
case $(uname) in
  Darwin) get="brew install python" ;;
  *) get="sudo apt-get install -y python3 python3-venv" ;;
esac
if ! command -v "$python" >/dev/null 2>&1; then
  echo "Python 3.11 or newer is needed and there is no '$python': $get" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Python 3.11 or newer is needed and '$python' is $("$python" -V 2>&1 | cut -d' ' -f2):" \
    "$get (or name another one: make demo PYTHON=/path/to/python3)" >&2
  exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "Python's venv module is needed and '$python' has none: $get" >&2
  exit 1
fi
