# Removes what the Makefile made. The demo's database may lie below /var/tmp, where a link leads.
data=${DATA_DIR:-.demo}
if [ -e "$data/lock" ] && [ -e "$data/run.json" ]; then
  echo "A demo may be running on $data: end it with Ctrl-C first (or remove $data/run.json)." >&2
  exit 1
fi
if [ -L "$data/postgres" ]; then rm -rf "$(readlink "$data/postgres")"; fi
rm -rf "$data" .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis bench/results staticfiles
find . -name __pycache__ -type d -prune -exec rm -rf {} +
