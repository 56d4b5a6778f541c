# One environment, .venv in the checkout, serves the demo, the tests and the work on the code.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MAKING := $(VENV)/.making

# The Python that makes the environment: the first of these that runs, is new enough for the versions of
# constraints.txt and has venv and pip. `make PYTHON=...` takes another one.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for python in python3.11 python3 python3.12 python3.13; do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
endif

# A stamp says nothing if its environment no longer runs or installs another checkout (a moved or copied folder).
CHECK := import os, sys; from importlib.util import find_spec; import pip; spec = find_spec("refsam_hf"); \
	sys.exit(not (spec and os.path.samefile(os.path.dirname(spec.origin), "src/refsam_hf")))
SOUND := $(shell $(BIN)/python -I -c '$(CHECK)' >/dev/null 2>&1 && echo yes)

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all lint wheel clean unsound

help:  ## this list
	@awk -F ':.*##  *' '/^[a-z-]+:.*##/ { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(STAMP)  ## make .venv with the tested versions, if it is not there yet

ifneq ($(SOUND),yes)
$(STAMP): unsound
endif

# .making stands while packages are being written. If it is still there, the last run was killed, and what it left
# cannot be trusted: start again. pip's own failures leave a sound environment, to be gone on with.
$(STAMP): setup.py pyproject.toml constraints.txt
	@if [ -e $(MAKING) ] || { [ -e $(STAMP) ] && [ "$(SOUND)" != yes ]; } \
		|| ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		if [ -z "$(PYTHON)" ]; then \
			echo "no Python >= 3.11 with venv and pip was found: name one, make install PYTHON=..." >&2; exit 1; \
		fi; \
		echo "making $(VENV) with $(PYTHON)"; \
		rm -rf $(VENV) && mkdir $(VENV) && touch $(MAKING) && $(PYTHON) -m venv $(VENV) || exit 1; \
	fi
	@rm -f $(STAMP) && touch $(MAKING)
	@echo "installing the versions of constraints.txt into $(VENV)"
	@$(BIN)/python -m pip install -c constraints.txt -e '.[dev,plots,benchmarks]' \
		|| { [ $$? -gt 128 ] || rm -f $(MAKING); exit 1; }
	@mv $(MAKING) $(STAMP)

demo: install  ## write a clip, segment it by two expressions, show where the results are
	$(BIN)/refsam demo

# A process per core, as far as memory lets one be sure; the tests of a file stay together, for what they share.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

test: install  ## the tests that CI runs; ARGS="-k session" picks some
	$(PYTEST) $(ARGS)

test-all: install  ## the slow tests too
	$(PYTEST) -m "" $(ARGS)

lint: install  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src examples

# What an older build left in build/ would go into the wheel.
wheel: install  ## dist/*.whl
	rm -rf build dist
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .
	rm -rf build

clean:  ## remove builds and caches; the environment stays
	rm -rf build dist src/*.egg-info .mypy_cache .pytest_cache .ruff_cache
	find src tests examples -name __pycache__ -type d -prune -exec rm -rf {} +
