# `make` lists the commands. `make check` is all that CI does.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
# What decides, and what users read: every line and branch of it is run by a test.
COVERED := leakgate/analysis/*,leakgate/rules/*,leakgate/config/*,leakgate/baseline/*,leakgate/stored/*,leakgate/report/*,leakgate/judge.py

.DEFAULT_GOAL := help
.PHONY: help demo test coverage action-test check lint types layers format lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml requirements/dev.txt
	$(PYTHON) -c 'import sys; sys.exit("leakgate needs Python 3.11 or newer: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: $(STAMP) ## install into .venv and run leakgate on this repository's own leakgate.yaml
	$(BIN)/leakgate run

test: $(STAMP) ## run the test suite
	$(BIN)/python -m pytest -n 4 --dist loadgroup

coverage: $(STAMP) ## the suite with line and branch coverage, child processes too; fails below 100 % where that is promised
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 4 --dist loadgroup --ignore tests/action --ignore tests/browser
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --fail-under 100 --include '$(COVERED)'

action-test: $(STAMP) ## run the Action's workflows with act, against a stand-in for GitHub
	$(BIN)/python -m pytest -n 2 tests/action

lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict, on source and tests
	$(BIN)/mypy

layers: $(STAMP) ## import-linter: who may import whom
	$(BIN)/lint-imports

check: lint types layers test ## everything that CI does

format: $(STAMP) ## let ruff format and fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## renew requirements/*.txt from pyproject.toml, for every platform; needs uv
	cd requirements && uv pip compile $(UV_LOCK) --group ../pyproject.toml:dev ../pyproject.toml --output-file dev.txt
	cd requirements && uv pip compile $(UV_LOCK) --constraints dev.txt ../pyproject.toml --output-file runtime.txt

clean: ## remove what was built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist
