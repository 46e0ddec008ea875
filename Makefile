# `make` lists the commands. `make check` is all that CI does.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
# What decides, and what users read: every line and branch of it is run by a test.
COVERED := leakgate/growth/*,leakgate/pacing/*,leakgate/blame/*,leakgate/verdict/*,leakgate/config/*,leakgate/baseline/*,leakgate/archive/forms/*,leakgate/report/*

.DEFAULT_GOAL := help
.PHONY: $(shell grep -oE '^[a-z-]+:' $(MAKEFILE_LIST) | tr -d :)

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-22s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml requirements/dev.txt
	$(PYTHON) -c 'import sys; sys.exit("leakgate needs Python 3.11 or newer: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

install: $(STAMP) ## install leakgate and its development requirements into .venv

demo: $(STAMP) ## install into .venv and run leakgate on this repository's own leakgate.yaml
	$(BIN)/leakgate run

# Files in the order that tests/conftest.py gives: those that compute beside those that wait. Many tests wait for programs,
# so there are more workers than processors.
test: $(STAMP) ## run the test suite
	$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder -m "not installers"

coverage: $(STAMP) ## the suite with line and branch coverage, child processes too; fails below 100 % where that is promised
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 4 --dist loadfile --ignore tests/action --ignore tests/browser
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --fail-under 100 --include '$(COVERED)'

coverage-probe: $(STAMP) ## lines and branches of the probe inside programs, under Python 3.9, 3.12 and 3.13
	$(BIN)/python -m bench.runs.probe_coverage

action-test: $(STAMP) ## run the Action's workflows with act, against a stand-in for GitHub, and the recipes that install packages
	$(BIN)/python -m pytest -n 2 tests/action

lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict, on source and tests
	$(BIN)/mypy

layers: $(STAMP) ## import-linter: who may import whom
	$(BIN)/lint-imports

static: $(STAMP) ## lint, types and layers; says something only where one of them fails
	@$(MAKE) --no-print-directory lint types layers >$(VENV)/static.txt 2>&1 || { cat $(VENV)/static.txt; exit 1; }

# mypy needs a minute and one processor, so the suite runs beside it.
check: $(STAMP) ## everything that CI does
	$(MAKE) --no-print-directory --jobs 2 static test

docs: $(STAMP) ## write the generated parts of README.md and docs, and the JSON Schemas
	$(BIN)/python docs/generate.py

mutants: $(STAMP) ## flip a sample of operators in the rooms that decide, and count those that the unit tests notice
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r bench/requirements-mutants.txt
	$(BIN)/python -m bench.runs.mutants

format: $(STAMP) ## let ruff format and fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-misjudged: $(STAMP) ## programs that an earlier leakgate judged wrongly, through the whole gate
	$(BIN)/python -m bench.runs.misjudged

bench-decision: $(STAMP) ## the decision of growth on readings alone: memory that wanders, recordings, generated programs
	$(BIN)/python -m bench.runs.decision

bench-thresholds: $(STAMP) ## what changes when a figure of the decision is scaled: a figure that holds nothing is seen
	$(BIN)/python -m bench.runs.thresholds

bench-accuracy: $(STAMP) ## verdict, kind and place on every program with a known answer
	$(BIN)/python -m bench.runs.accuracy

bench-exam: $(STAMP) ## the same on programs that were written without a look at the engine
	$(BIN)/python -m bench.runs.accuracy --groups exam --jobs 4 --name exam

bench-unseen: $(STAMP) ## the same on released leaks that were collected when the engine was finished
	$(BIN)/python -m bench.runs.accuracy --groups unseen,fresh --jobs 4 --name unseen

bench-programs: $(STAMP) ## the same on the small programs of the project's own
	$(BIN)/python -m bench.runs.accuracy --groups programs --jobs 4 --name programs

bench-holders: $(STAMP) ## who holds a leak, who writes to it, and whether a leak keeps its name when lines move
	$(BIN)/python -m bench.runs.holders

bench-workloads: $(STAMP) ## which workloads of pyperformance run here, and how fast
	$(BIN)/python -m bench.runs.loops

bench-growing: $(STAMP) ## which of them grow for as long as they are looped, without leakgate
	$(BIN)/python -m bench.runs.loops --growth --seconds 90

bench-false-alarms: $(STAMP) ## healthy programs again and again, until 300 runs are recorded
	$(BIN)/python -m bench.runs.false_alarms

bench-overhead: $(STAMP) ## processor time and memory that leakgate adds to each workload
	$(BIN)/python -m bench.runs.overhead

bench-overhead-peers: $(STAMP) ## the same for other tools, on a few workloads
	$(BIN)/python -m bench.runs.overhead --arms all --only peers --name overhead_peers

bench-overhead-server: $(STAMP) ## requests per processor second of a server, with and without leakgate
	$(BIN)/python -m bench.runs.overhead_server

bench-attach: $(STAMP) ## what a visit by gdb costs a running server, and whether it is as before
	$(BIN)/python -m bench.runs.attach

bench-time-to-verdict: $(STAMP) ## from the results of accuracy and false alarms
	$(BIN)/python -m bench.runs.time_to_verdict

bench-slowest: $(STAMP) ## the slowest leak that is found within 30 s
	$(BIN)/python -m bench.runs.slowest

bench-scale: $(STAMP) ## cost against live objects, scripts and length of the run
	$(BIN)/python -m bench.runs.scale

bench-report: $(STAMP) ## time and size of every report of 200 scripts with an hour of readings each; opening and sorting the page
	$(BIN)/python -m bench.runs.report

pictures: $(STAMP) ## the pictures of the README, from a real run: HTML report and comment, light and dark; needs Chromium
	$(BIN)/python -m bench.runs.pictures

bench-stability: $(STAMP) ## the same verdicts with jobs, neighbours, other interpreters and allocators
	$(BIN)/python -m bench.runs.stability

bench-tests-sensitivity: $(STAMP) ## what `leakgate call` says of planted leaks and of healthy caches
	$(BIN)/python -m bench.runs.tests_sensitivity

bench-tests-false-alarms: $(STAMP) ## the own test suites of released packages (bench/suites.json), test by test
	$(BIN)/python -m bench.runs.tests_false_alarms

bench-tests-cpython: $(STAMP) ## parts of CPython's own test suite, test by test
	$(BIN)/python -m bench.runs.tests_false_alarms --cpython

bench-tests-matrix: $(STAMP) ## pytest 7, 8 and 9 on Python 3.9 to 3.13
	$(BIN)/python -m bench.runs.tests_matrix

bench-tests-corpus: $(STAMP) ## the corpus of released leaks as callables
	$(BIN)/python -m bench.runs.tests_corpus

bench-tests-releases: $(STAMP) ## the own suites of libraries, with a release that leaks and with the one that fixed it
	$(BIN)/python -m bench.runs.tests_releases

bench-tests-peers: $(STAMP) ## what other leak checks for tests say of the planted callables, leakgate beside them
	$(BIN)/python -m bench.runs.tests_peers

bench-tests-cost: $(STAMP) ## a plain suite against the judged one by length of test, and 10,000 tests
	$(BIN)/python -m bench.runs.tests_cost

bench-peers: $(STAMP) ## what other tools say of the real leaks
	$(BIN)/python -m bench.runs.peers_accuracy

bench-load: $(STAMP) ## the load generator beside wrk, hey, aiohttp, httpx and locust: requests a second, processor time a request
	$(BIN)/python -m bench.runs.load

bench-routes: $(STAMP) ## which route of a server leaks, and by how much, on a free and on half a processor
	$(BIN)/python -m bench.runs.routes

bench-server-times: $(STAMP) ## seconds to the verdict on a leaking server, by phase; needs .recipes
	$(BIN)/python -m bench.runs.server_times

bench-recycled: $(STAMP) ## pools whose workers are replaced: which of them leak, by how long each worker lives
	$(BIN)/python -m bench.runs.recycled

bench-fuzz: $(STAMP) ## damaged inputs for every loader (FUZZ_INPUTS=100000): which raise anything but leakgate's own errors
	$(BIN)/python -m bench.runs.fuzz --inputs $(or $(FUZZ_INPUTS),1000000)

bench-faults: $(STAMP) ## kill leakgate, its guards or the program in each phase of a run: what is left, and what passes
	$(BIN)/python -m bench.runs.faults --kills $(or $(FAULT_KILLS),150)

bench-surroundings: $(STAMP) ## twenty programs with known answers in forty odd surroundings: allocators, limits, stopped clocks, closed files
	$(BIN)/python -m bench.runs.surroundings --jobs $(or $(SURROUNDINGS_JOBS),2)

bench-figures: $(STAMP) ## fill the tables of docs/figures.md from bench/results
	$(BIN)/python -m bench.runs.figures

lock: ## renew requirements/*.txt from pyproject.toml, for every platform; needs uv
	cd requirements && uv pip compile $(UV_LOCK) --group ../pyproject.toml:dev ../pyproject.toml --output-file dev.txt
	cd requirements && uv pip compile $(UV_LOCK) --constraints dev.txt ../pyproject.toml --output-file runtime.txt

clean: ## remove what was built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist
