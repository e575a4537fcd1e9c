# `make demo` shows it, `make test` proves it; both do all set-up themselves.
PYTHON ?= python3
PY := .venv/bin/python
OUT ?= docs/screenshots
ARGS ?=
# All but those marked “alone” run in two processes, each with a database and a broker of its own.
REAL := worker or browser

# An environment that forbids bytecode makes every start three times slower.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONUNBUFFERED := 1
UV_FLAGS := -q --system-certs --python $(PY) $(shell test -w "$$HOME" || echo --no-cache)

.DEFAULT_GOAL := help
.PHONY: help demo demo-info demo-manage test lint messages bench bench-matching soak soak-messages screenshots lock clean

help: ## What there is
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

demo: .venv/ready ## Everything running here, with demo data (PORT=8000 DATA_DIR=.demo)
	@$(PY) -m ops.stack

demo-info: .venv/ready ## The running demo as one JSON object: address, sign-ins, connections
	@$(PY) -m ops.demo_info

demo-manage: .venv/ready ## A command on the running demo (ARGS="outage begin sms")
	@$(PY) -m ops.demo_info $(or $(ARGS),help)

test: lint .venv/ready-dev ## Lint, then every test on real servers (ARGS="-k claim -x")
	@$(PY) -m ops.browser --install
ifeq ($(ARGS),)
	$(PY) ops/with_services.py -- $(PY) -m pytest -n 2 --dist worksteal -m "not ($(REAL) or alone)"
	$(PY) ops/with_services.py -- $(PY) -m pytest -n 2 --dist worksteal -m "($(REAL)) and not alone"
	$(PY) ops/with_services.py -- $(PY) -m pytest -m alone
else
	$(PY) ops/with_services.py -- $(PY) -m pytest $(ARGS)
endif

lint: .venv/ready-dev ## Style, types, storeys, migrations
	$(PY) -m ruff check .
	$(PY) ops/with_services.py -- $(PY) manage.py makemigrations --check --dry-run
	$(PY) .venv/bin/lint-imports --no-logo
	SECRET_KEY=lint DEMO=1 $(PY) -m mypy
	SECRET_KEY=lint DEMO=1 $(PY) -m pytest -q tests/test_storeys.py

bench: .venv/ready-dev ## Every benchmark: a table each, and bench/results/<name>.json (ARGS=name)
	$(PY) ops/with_services.py -- $(PY) -m bench bench $(ARGS)

bench-matching: .venv/ready-dev ## Ranking alone, from a thousand to two million people
	$(PY) ops/with_services.py -- $(PY) -m bench bench matching

soak: .venv/ready-dev ## The long runs
	$(PY) ops/with_services.py -- $(PY) -m bench soak $(ARGS)

soak-messages: .venv/ready-dev ## Ten thousand texts, a carrier that bites, a worker that dies (SOAK_MESSAGES=10000)
	$(PY) ops/with_services.py -- $(PY) -m bench soak messages

screenshots: .venv/ready-dev ## Every page as pictures: 375, 768, 1440 px, light and dark (OUT=docs/screenshots)
	@$(PY) -m ops.browser --install
	$(PY) -m ops.screenshots $(OUT) $(ARGS)

messages: .venv/ready-dev ## The patients' words: gather them, and compile what translators wrote
	SECRET_KEY=lint DEMO=1 DJANGO_SETTINGS_MODULE=config.settings $(PY) -m ops.translations

lock: .venv/ready-dev ## Resolve requirements*.in again, with hashes for every platform
	for name in requirements requirements-dev requirements-uv; do \
	  $(PY) -m uv pip compile $$name.in -q --upgrade --generate-hashes --no-emit-index-url --universal \
	    --python-version 3.11 -o $$name.txt || exit 1; done

clean: ## Take away everything these commands made, the demo's data too
	@sh ops/clean.sh

.venv/ready: requirements.txt requirements-uv.txt ops/check_python.sh
	@sh ops/install.sh "$(PYTHON)" requirements.txt $(UV_FLAGS) >&2
	@touch $@

.venv/ready-dev: requirements-dev.txt requirements-uv.txt ops/check_python.sh
	@sh ops/install.sh "$(PYTHON)" requirements-dev.txt $(UV_FLAGS) >&2
	@touch .venv/ready $@
