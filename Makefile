# Each target prepares .venv by itself; run `make` for a list.
PYTHON ?= $(or $(shell command -v python3.11),python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# An environment is sound when its Python runs and it was made in this folder; otherwise it is made again.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat $(STAMP) 2>/dev/null),$(CURDIR))
$(shell rm -f $(STAMP))
endif

.DEFAULT_GOAL := help
.PHONY: help install demo test test-recipe recogniser check bench constraints clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP)  ## make .venv and install everything pinned in constraints.txt
	@$(BIN)/python hatch_build.py
	@echo "Using $(VENV)"

$(STAMP): constraints.txt pyproject.toml
	@echo "Preparing $(VENV): about 140 packages, one to three minutes the first time"
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed and '$(PYTHON)' was not found; set PYTHON=/path/to/python3.11"; exit 5; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 5; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@
	@echo "Ready: $(BIN)/transcribe"

demo: install  ## run the samples through the whole service (options: ARGS=--once)
	@$(BIN)/transcribe demo $(ARGS)

test: install  ## run every test (only the fast ones: ARGS='-m "not slow and not service"')
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: recipe-environment
recipe-environment:
	@test -x .venv-recipe/bin/pytest || { rm -rf .venv-recipe; $(PYTHON) -m venv .venv-recipe; }
	@.venv-recipe/bin/python -m pip install --quiet --disable-pip-version-check -r models/dictation-demo/recipe/requirements.txt

recogniser: recipe-environment  ## train the bundled recogniser again from nothing: hours (ten minutes, worse: STAGE=brief)
	@$(MAKE) -C models/dictation-demo/recipe $(or $(STAGE),all) PYTHON=$(CURDIR)/.venv-recipe/bin/python

test-recipe: recipe-environment  ## test the training recipe of models/dictation-demo in an environment of its own (installs PyTorch)
	@.venv-recipe/bin/python -m pytest tests/models/test_dictation_demo.py -m recipe -o addopts= -o filterwarnings= $(ARGS)

check: install  ## lint, types, import contracts
	@echo "ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "mypy --strict"; $(BIN)/mypy
	@echo "import contracts"; $(BIN)/lint-imports

bench: install  ## measure speed and memory; with GOLD=file.jsonl also negation beside medspaCy and negspacy
	@$(BIN)/python -m tests.bench $(ARGS)
	@if [ -n "$(GOLD)" ]; then $(BIN)/python -m tests.peers $(GOLD); fi

constraints:  ## pin the newest versions again (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet --upgrade -o constraints.txt

clean:  ## remove the environment and every build product
	rm -rf $(VENV) .venv-recipe build dist out transcribe/web/static transcribe/web/frontend/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
