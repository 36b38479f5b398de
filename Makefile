# Everything starts here. Needs Python 3.11, pip, make and git; the rest is installed into .venv from requirements.lock.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed
PEERS := .venv-bench
DEMO := .demo
# Without bytecode Great Expectations and Prefect take seconds longer at every start.
unexport PYTHONDONTWRITEBYTECODE
# One place for the shell; flows/quiet.py says the same to the programs.
export DO_NOT_TRACK := 1

.PHONY: help demo test check bench bench-fleet bench-accuracy bench-matching bench-truth accept dictionary lock \
  lock-bench clean-demo

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	touch $@

demo: $(STAMP) clean-demo  ## run the sample fleet into .demo/store and print its status
	$(BIN)/scr run --landing data/sample/landing --store $(DEMO)/store --as-of 2024-01-15; code=$$?; test $$code -le 1

clean-demo:
	rm -rf $(DEMO)

test: $(STAMP)  ## run the tests, one process per core of two
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)  ## format, lint, types, import rules, SQL lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 transforms/sql expectations/rules

bench: bench-fleet bench-matching bench-truth  ## every benchmark that needs no data from elsewhere

bench-fleet: $(STAMP)  ## a fleet of 1,000,000 clients, cold, against plain DuckDB on the same bytes
	$(BIN)/python -m benchmarks.fleet $(ARGS)

# The peers need pandas 2 and a DuckDB of their own: they never share an environment with the program.
$(PEERS)/.installed: requirements-bench.lock
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-bench.lock
	touch $@

bench-accuracy: $(STAMP) $(PEERS)/.installed  ## labelled sets, matching beside Splink: DATA=folder [ARGS="set ..."]
	$(if $(DATA),,$(error say where the labelled sets are: make bench-accuracy DATA=folder))
	$(BIN)/python -m benchmarks.accuracy --data $(DATA) --peers $(PEERS) $(ARGS)

bench-matching: $(STAMP) $(PEERS)/.installed  ## speed: a pooled fleet beside Splink, and giant practices
	$(BIN)/python -m benchmarks.speed --peers $(PEERS) $(ARGS)

bench-truth: $(STAMP)  ## runs of made fleets against their truth: bands, calibration, questions
	$(BIN)/python -m benchmarks.sample_truth $(ARGS)

accept: $(STAMP)  ## take the sample fleet's present output as the golden one
	GOLDEN_ACCEPT=1 $(BIN)/python -m pytest -q tests/flows/test_end_to_end.py -k golden

dictionary: $(STAMP)  ## write docs/data-dictionary.md from the contracts
	$(BIN)/python -m expectations.dictionary

lock: $(STAMP)  ## resolve pyproject.toml anew; needs uv
	uv pip compile --universal --python-version 3.11 -q --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml -o requirements.lock

lock-bench:  ## resolve requirements-bench.in anew; needs uv
	uv pip compile --universal --python-version 3.11 -q --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links requirements-bench.in -o requirements-bench.lock
