# Every target sets up what it needs, which takes no time if nothing has changed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup develop demo test test-long test-lake test-dates quick check format docs

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(VENV)/.installed ## make the virtual environment in .venv

develop: $(VENV)/.developed ## the same, with what the tests and benchmarks need

demo: setup $(if $(LAKE_DATA)$(ICEBERG_ENDPOINT),$(VENV)/.lake) ## two simulated accounts, a sync, and the Dagster UI; Ctrl-C ends it
	$(BIN)/zendesk-assets demo $(if $(PORT),--port $(PORT))

# Hundreds of processes import the same modules: what Python compiles is kept.
test test-long test-lake quick: export PYTHONDONTWRITEBYTECODE :=

# More workers than cores, because the slow tests wait for daemons and for minutes of a rate limit.
test: develop check ## lint, types, import rules, tests of every promise
	$(BIN)/pytest -n 5 --dist worksteal -m "not long and not lake"

test-long: develop ## the other tests: the same promises in more ways, lakes, whole deployments
	$(BIN)/pytest -n 4 --dist worksteal -m "long and not lake"

test-lake: develop ## every promise of a warehouse once more, on lakes (an hour; not in CI)
	$(BIN)/pytest -n 4 --dist worksteal -m lake

test-dates: develop ## the tests that depend on a date, at several simulated dates (Linux)
	$(BIN)/python -m zendesk_assets_tests.dates

quick: develop ## the tests that take no more than a moment each
	$(BIN)/pytest -m "not slow and not long and not lake"

check: develop ## lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: develop ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## regenerate what docs/ says about the catalog, and all pictures
	$(BIN)/python docs/architecture.py
	$(BIN)/zendesk-assets schema --output docs/schema.svg
	$(BIN)/zendesk-assets schema --output docs/schema.pdf
	$(BIN)/zendesk-assets schema --output docs/schema.html
	$(BIN)/zendesk-assets schema --output docs/collections.md
	ZENDESK_SOURCES=none $(BIN)/zendesk-assets schema --collection tickets --collection groups \
	  --collection ticket_events --output examples/dbt/models/sources.yml

# A virtual environment with what running needs; `.developed` adds what the tests need.
$(VENV)/.installed: pyproject.toml
	@echo "Installing into $(VENV): about a minute, 0.7 GB ..."
	$(call install,-e .)
	@touch $@

# Only a demo on a lake needs it.
$(VENV)/.lake: $(VENV)/.installed
	$(call install,-e '.[lake]')
	@touch $@

$(VENV)/.developed: pyproject.toml
	@echo "Installing into $(VENV), with what the tests need: about a minute and a half, 1.3 GB ..."
	$(call install,-e '.[dev]')
	@touch $@ $(VENV)/.installed $(VENV)/.lake

ifdef UV
define install
	@uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@uv pip install --quiet --python $(BIN)/python $(1)
endef
else
define install
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check $(1)
endef
endif
