# Every target sets up what it needs; when nothing changed, setting up takes no time.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check format docs

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(VENV)/.installed ## make the virtual environment in .venv

demo: setup ## two simulated accounts, a sync, and the Dagster UI; Ctrl-C ends it
	$(BIN)/zendesk-assets demo

# More workers than cores: the slow tests wait for daemons and for minutes of a rate limit.
test: setup check ## everything: lint, types, floors, tests
	$(BIN)/pytest -n 4 --dist worksteal

quick: setup ## the tests that take no more than a moment each
	$(BIN)/pytest -m "not slow"

check: setup ## lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## draw and write again what docs/ says of the catalog
	$(BIN)/zendesk-assets schema --output docs/schema.svg
	$(BIN)/zendesk-assets schema --output docs/schema.pdf
	$(BIN)/zendesk-assets schema --output docs/schema.html
	$(BIN)/zendesk-assets schema --output docs/collections.md

$(VENV)/.installed: pyproject.toml
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	uv pip install --quiet --python $(BIN)/python -e '.[dev]'
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
endif
	@touch $@
