# `make demo` and `make test` need Python 3.11 or newer, make and a package index; everything else they set up themselves.
PYTHON ?= python3
DATA ?= data
BIN := .venv/bin
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: demo test long run ui lint bench scale cluster night faults kills fuzz licences audit lock docs schema clean

demo: .venv/ready
	$(BIN)/malbild demo

TESTS = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
test: .venv/ready-dev
	$(TESTS) $(PYTEST)

# Whole nights one after another: what is too long for every change, and still must hold before anything lands.
long: .venv/ready-dev
	$(TESTS) -m lang $(PYTEST)

run: .venv/ready
	$(BIN)/malbild run --data-dir $(DATA)

ui: .venv/ready
	$(BIN)/malbild ui --data-dir $(DATA)

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Too slow for every test: the daemon killed in the middle of a night, and the archive's older catalogue.
night: .venv/ready-dev
	MALBILD_LANGA_PROV=1 $(BIN)/python -m pytest -m '' tests/long/night.py tests/test_whole_run.py

# Past one machine, in figures: DuckLake, two workers, PostgreSQL gone, one Dagster for two counties (docs/skalning.md).
cluster: .venv/ready-dev
	$(BIN)/python -m tests.cluster

# Ten thousand cases for each way in: answers, YAML files, handed-in files, options, zips, names. Others every time.
FUZZ ?= 10000
fuzz: .venv/ready-dev
	FUZZ=$(FUZZ) $(BIN)/python -m pytest -n 2 --dist worksteal tests/fuzz

# Every fault of tests/faults; then runs killed at any moment, and readers beside writers. What came of it goes into
# docs/tillforlitlighet.md. FAULTS_SEED=… kills at the same moments again.
PLAY = mkdir -p .faults && FAULTS=all FAULTS_RESULTS=$(CURDIR)/.faults $(BIN)/python -m pytest -n 2 --dist worksteal -q $(PYTEST)
faults: .venv/ready-dev
	rm -f .faults/[!_]*
	$(PLAY) tests/faults/test_matrix.py --deselect tests/faults/test_matrix.py::test_the_document_tells_of_every_fault
	$(BIN)/python -m tests.faults.document .faults docs

kills: .venv/ready-dev
	rm -f .faults/_*
	$(PLAY) tests/faults/test_kills.py tests/faults/test_readers.py
	$(BIN)/python -m tests.faults.document .faults docs

# What a night costs beside what people use today and beside the limit, into docs/prestanda.md; then the parts of it,
# and what running an installation costs.
bench: .venv/ready-dev
	$(BIN)/python -m tests.bench.side_by_side --docs docs
	$(BIN)/python -m tests.bench.nights
	$(BIN)/python -m tests.bench.operation

# A night over all of Kolada (4.9 million values), and over ten of it: half an hour and 40 GB of disk.
scale: .venv/ready-dev
	$(BIN)/python -m tests.bench.scale --docs docs

# What is generated into docs/: the data dictionary, the catalogue of error messages and the JSON Schemas.
docs: schema
	$(BIN)/python -m pipelines.operation.messages docs
	$(BIN)/python -m pipelines.warehouse.schema.dictionary docs

# The JSON Schemas that editors use to complete and check the YAML files.
schema: .venv/ready
	$(BIN)/python -m pipelines.catalog.schema docs/schema

# The licences of the locked packages, into docs/.
licences: .venv/ready
	$(BIN)/python -m pipelines.operation.licences docs

# Known vulnerabilities among the locked packages. Asks a database on the internet: not a part of the tests.
audit: .venv/ready-dev
	$(BIN)/uv tool run pip-audit --requirement requirements.lock --require-hashes --disable-pip

lock: .venv/ready-dev
	$(BIN)/uv pip compile -q pyproject.toml --extra build -c constraints.txt -o requirements.lock $(LOCK)
	$(BIN)/uv pip compile -q pyproject.toml --extra build --extra kluster -c constraints.txt -c requirements.lock -o requirements-kluster.lock $(LOCK)
	$(BIN)/uv pip compile -q pyproject.toml --extra build --extra kluster --extra dev -c constraints.txt -c requirements-kluster.lock -o requirements-dev.lock $(LOCK)
LOCK := --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:
	rm -rf .venv data/demo

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'malbild needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 …' >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
