# Everything happens inside this folder: .venv (Python), .cache (model, second llama-server, tools), .demo (the
# demo's state). Needs git, make and Python 3.11 or newer with venv; the network only the first time.

PYTHON ?= python3
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMP := .venv/.stamp
MODEL := .cache/models/gemma-3-270m-f16.gguf
LANGUAGE_SERVER := .cache/node/node_modules/.package-lock.json
B11434 := .cache/llama-server/b11434/bin/llama-server
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-cache-dir --quiet
WORKERS ?= 2
MINUTES ?= 60
# Options for pytest: make test TESTS="tests/unit -k names"
TESTS ?=

export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.cache/tmp
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.cache/hypothesis

.PHONY: help setup test soak lint format generated demo demo-stop bench b11434 language-server model constraints clean

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /\t/' | expand -t 17

test: lint $(MODEL) ## check style, types, layers and generated files, run all tests
	@mkdir -p $(PYTEST_DEBUG_TEMPROOT) .cache/coverage
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=term \
	  $(if $(RECONCILE_TESTS_NO_SKIP),-p tests.plugins.no_skip) $(TESTS)

# Seeds that nobody has walked yet: they begin at the seconds of the clock.
soak: setup ## walk new seeds of the simulation on all cores: make soak MINUTES=60
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation --minutes $(MINUTES) --first $$(date +%s) --keep

lint: setup ## the checks of `test` that run nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .cache/import-linter
	$(BIN)/python scripts/generate --check

format: setup ## fix what ruff can fix, then format
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

generated: setup ## write generated files again
	$(BIN)/python scripts/generate

demo: setup $(MODEL) ## serve a real small model three ways and ask it a question
	@$(BIN)/python scripts/demo

demo-stop: setup ## stop what the demo started
	@$(BIN)/python scripts/demo --stop

bench: setup ## measure against a raw spawn and a public tool, write benchmarks/results.md
	@$(BIN)/python -c 'import supervisor' 2>/dev/null \
	  || $(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[bench]'
	$(BIN)/python -m benchmarks

b11434: $(B11434) ## build a second, newer llama-server for the tests (cmake, ninja and g++; some minutes)

language-server: $(LANGUAGE_SERVER) ## fetch the language server of editors for the tests (node and npm)

model: setup $(MODEL)

clean: ## stop the demo and remove everything that the targets above made
	@test ! -e .demo || $(BIN)/python scripts/demo --stop
	rm -rf .venv .cache .demo dist

constraints: setup ## take the newest versions of all dependencies into constraints.txt
	@$(PIP) install --upgrade hatchling editables
	@$(PIP) install --upgrade --upgrade-strategy eager --no-build-isolation --editable '.[bench,demo,dev]'
	@{ echo '# The exact versions that `make setup` installs; written by `make constraints`.'; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > constraints.txt

setup: $(STAMP)

# Without a call to pip while nothing changed: offline after the first time.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'sudo apt install python3-venv' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 \
	  || { echo 'Setting up .venv (once, about 400 MB to fetch) …'; $(PYTHON) -m venv --clear .venv; }
	@$(PIP) install --constraint constraints.txt hatchling editables
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev,demo]'
	@touch $@

$(MODEL): | $(STAMP)
	@echo 'Writing $@ (once) …'
	@$(BIN)/python scripts/demo-model $@

$(LANGUAGE_SERVER): tests/fixtures/editor/package-lock.json
	@mkdir -p .cache/node
	@cp tests/fixtures/editor/package.json tests/fixtures/editor/package-lock.json .cache/node
	npm ci --prefix .cache/node --cache .cache/npm --ignore-scripts --no-audit --no-fund
	@touch $@

$(B11434): | $(STAMP)
	$(BIN)/python scripts/build-llama-server 11434.0.0 $(dir $(@D))
