# What a person does with Trialsite on one computer. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PORT ?= 8000
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest
LOGS := var/test

# Tests are compiled once and kept so; without that, every worker of every part compiles all of them again.
unexport PYTHONDONTWRITEBYTECODE

DEMO := TRIALSITE_MODE=demo TRIALSITE_DATA_DIR=$${TRIALSITE_DATA_DIR:-var/demo}

.PHONY: help
help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1|\2/' | column -t -s '|'

# --- The demo trial --------------------------------------------------------------------------------------------------

.PHONY: demo demo-reset port
demo: port environment-demo ## build the demo trial if there is none, and serve it; PORT=8001 for another port
	@$(DEMO) $(BIN)/python manage.py migrate --verbosity 0
	@$(DEMO) $(BIN)/python manage.py demo
	@echo "Trialsite runs at http://127.0.0.1:$(PORT)/ (Ctrl-C ends it; what you enter is kept)"
	@$(DEMO) exec $(BIN)/gunicorn -c python:trialsite.serve --bind 127.0.0.1:$(PORT) trialsite.wsgi

demo-reset: environment-demo ## throw the demo trial away and build it anew
	@$(DEMO) $(BIN)/python manage.py demo --reset

port:
	@if ! [[ "$(PORT)" =~ ^[0-9]{1,5}$$ ]] || (( 10#$(PORT) < 1 || 10#$(PORT) > 65535 )); then \
	    echo "PORT must be a number from 1 to 65535, not '$(PORT)'." >&2; exit 1; fi
	@if (exec 3<>/dev/tcp/127.0.0.1/$(PORT)) 2>/dev/null; then \
	    echo "Port $(PORT) of 127.0.0.1 is taken by another program. Choose another: PORT=8001 make demo" >&2; exit 1; fi

# --- Tests -----------------------------------------------------------------------------------------------------------

.PHONY: test test-sqlite test-postgresql test-browser
test: environment ## every test on SQLite, on PostgreSQL and in a browser
	@failed=0; mkdir -p $(LOGS); rm -f $(LOGS)/*.log $(LOGS)/*.xml $(LOGS)/validation.md; \
	for part in sqlite postgresql browser; do \
	    $(MAKE) test-$$part 2>&1 | tee $(LOGS)/$$part.log || failed=1; \
	done; \
	echo; echo "Totals"; \
	for part in sqlite postgresql browser; do \
	    printf '  %-10s  %s\n' $$part "$$(grep -E '(passed|failed|skipped|error|SKIPPED)' $(LOGS)/$$part.log | tail -n 1 | tr -d '=')"; \
	done; \
	$(BIN)/python -m tests.results $(LOGS) || failed=1; \
	echo "What holds which statement, with its results: $(LOGS)/validation.md"; \
	if (( failed )); then echo "make test: FAILED"; else echo "make test: passed"; fi; exit $$failed

test-sqlite: environment ## the tests on SQLite
	@echo "== SQLite"; env -u DATABASE_URL $(PYTEST) -q -m "not browser" -n $(JOBS) --junitxml=$(LOGS)/sqlite.xml

test-postgresql: environment ## the tests on PostgreSQL, which comes along as a Python package
	@echo "== PostgreSQL"; $(BIN)/python -m tests.postgresql -q -m "not browser" -n $(JOBS) --junitxml=$(LOGS)/postgresql.xml

test-browser: environment ## the journeys through a real Chromium
	@echo "== Browser"; env -u DATABASE_URL $(BIN)/python -m tests.chromium -q -n $(JOBS) --dist loadgroup --junitxml=$(LOGS)/browser.xml

.PHONY: bench
bench: environment ## pages and saves against the least that the stack can do, on both databases; takes half an hour
	@$(BIN)/python -m tests.bench

.PHONY: faults
faults: environment ## kill, starve and restart the product while people save, on both databases; takes most of an hour
	@failed=0; for fault in kill disk restart; do $(BIN)/python -m tests.faults $$fault || failed=1; done; exit $$failed

# --- Checks ----------------------------------------------------------------------------------------------------------

.PHONY: check format
check: environment ## style, types, floors, migrations, templates; no test of behavior
	@export TRIALSITE_MODE=test; failed=0; \
	run() { echo "-- $$*"; "$$@" || failed=1; }; \
	run $(BIN)/ruff check . ; \
	run $(BIN)/ruff format --check . ; \
	run $(BIN)/mypy . ; \
	run $(BIN)/lint-imports --no-logo ; \
	run $(BIN)/python manage.py makemigrations --check --dry-run ; \
	run $(BIN)/python manage.py check --fail-level WARNING ; \
	run $(BIN)/djhtml --tabwidth 2 --check templates ; \
	run $(PYTEST) -q tests/architecture --ignore=tests/architecture/test_access.py ; \
	if (( failed )); then echo "make check: FAILED"; else echo "make check: passed"; fi; exit $$failed

format: environment ## put code and templates in their usual form
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format . ; $(BIN)/djhtml --tabwidth 2 templates

# --- The environment -------------------------------------------------------------------------------------------------

.PHONY: environment environment-demo requirements reference clean
environment:
	@.ci/environment requirements-dev.txt

environment-demo:
	@.ci/environment requirements.txt

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
requirements: ## pin anew what requirements.in and requirements-dev.in ask for; needs uv
	@$(COMPILE) --upgrade requirements.in -o requirements.txt
	@$(COMPILE) --upgrade requirements-dev.in -o requirements-dev.txt

reference: environment ## write docs/reference anew from the code
	@TRIALSITE_MODE=test $(BIN)/python manage.py write_reference

clean: ## remove what was built: environment, caches, test logs; the demo's data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov staticfiles $(LOGS)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
