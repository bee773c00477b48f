# The one list of commands; the README and CI call the same targets.

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(if $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))

.PHONY: demo test unit check check-js check-types bench soak samples pictures clean

demo: $(VENV)/installed
	@$(BIN)/logviewer demo $(ARGS)

test: $(VENV)/tested
	$(BIN)/python -m tests.helpers.programs
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist loadfile -m browser

unit: $(VENV)/tested
	@if command -v node >/dev/null; then node --test tests/js/*.test.js; else echo "node is not here: the tests of the page's modules are left out"; fi
	$(BIN)/pytest -n auto -m "not program and not browser"

check: $(VENV)/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v node >/dev/null; then $(MAKE) --no-print-directory check-js; else echo "node is not here: the tests of the page's modules are left out"; fi
	$(BIN)/pytest -n auto --dist worksteal -m "not browser"

check-js:
	@if $(MAKE) --no-print-directory tests/js/node_modules/installed; then $(MAKE) --no-print-directory check-types; else echo "npm could not install its packages: types and vendored files of the page are left out"; fi
	node --test tests/js/*.test.js

check-types:
	tests/js/node_modules/.bin/tsc -p tests/js/tsconfig.json

bench: $(VENV)/tested
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/tested
	SOAK=20 $(BIN)/pytest --timeout 0 tests/tail/test_promise.py tests/program/test_promise.py tests/program/test_tail.py tests/program/test_hosts.py
	$(BIN)/python -m tests.bench soak --strict --seconds 600 --rate 20000 $(ARGS)
	$(BIN)/python -m tests.bench hostile --strict --seconds 3600 $(ARGS)

samples: $(VENV)/installed
	$(BIN)/python -c "from pathlib import Path; from logviewer.demo.writer import write_samples; write_samples(Path('sample_logs'))"

pictures: $(VENV)/tested
	$(BIN)/python -m tests.browser.pictures

clean:
	rm -rf $(VENV) build dist tests/js/node_modules

$(VENV)/python: Makefile
	@test -n "$(PYTHON)" || { echo "logviewer needs Python 3.11 or newer: on Debian and Ubuntu, apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml
	@echo "Installing logviewer into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed pyproject.toml
	@echo "Installing the test tools into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

tests/js/node_modules/installed: tests/js/package.json
	@command -v npm >/dev/null || { echo "The page's modules are checked with npm's typescript: on Debian and Ubuntu, apt install npm"; exit 1; }
	@npm install --prefix tests/js --silent --no-audit --no-fund --no-package-lock
	@touch $@
