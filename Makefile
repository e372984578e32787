# Everything runs in an environment of its own under .venv; nothing outside it is touched.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# compiled modules are kept, whatever the environment says: else every process that a test starts compiles all anew
export PYTHONDONTWRITEBYTECODE :=

.PHONY: lock demo test test-full check lint types contracts docs stale bench clean

$(READY): constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY)  ## translate the aluminium example to all targets, check, sign, verify, show the ledger
	@$(BIN)/cbamgw demo -o demo --force

test: $(READY)  ## the tests, under ten minutes on two cores
	$(BIN)/python -m pytest -n 2

test-full: $(READY)  ## every mutant and every oracle; fails where an oracle is missing
	CBAMGW_FULL=1 $(BIN)/python -m pytest -n 2

check: lint types contracts stale  ## style, types, import contracts, stale generated files

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

stale: $(READY)
	$(BIN)/python docs/generate.py --check

docs: $(READY)  ## make what is generated from the tables
	$(BIN)/python docs/generate.py

bench: $(READY)  ## ratios measured in one run
	$(BIN)/python benchmarks/translate.py
	$(BIN)/python benchmarks/cbam.py --goods 5000

lock:  ## pin the dependencies again (needs uv)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --quiet -o constraints.txt

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
