# `make demo` and `make test` need Python 3.11 or newer, make and a package index; everything else they set up themselves.
PYTHON ?= python3
DATA ?= data
BIN := .venv/bin
export DAGSTER_DISABLE_TELEMETRY := 1
# Where it is set, every process compiles every module anew: three of four seconds of a start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test long run ui lint bench backtest corruption scale cluster mutants coverage night faults kills fuzz licences audit lock docs schema clean

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

# Too slow for every test: the daemon killed in the middle of a night, a month of nights with five kinds of failure, and
# the archive's older catalogue.
night: .venv/ready-dev
	MALBILD_LANGA_PROV=1 $(BIN)/python -m pytest -m '' -s tests/long/night.py tests/long/month.py tests/long/scale.py tests/test_whole_run.py

# What follows with $(PAGE) writes its figures into docs/matningar.md, with the day and the commit.
PAGE = $(BIN)/python -m tools.measurements

# Past one machine, in figures: DuckLake, two workers, PostgreSQL gone, one Dagster for two counties (docs/skalning.md).
cluster: .venv/ready-dev
	$(PAGE) cluster $(BIN)/python -m tools.cluster

# Which of some 160 small errors in the product the tests notice: an hour and a half. A run that was stopped goes on.
mutants: .venv/ready-dev
	$(BIN)/python -m tools.mutants run
	$(PAGE) mutants $(BIN)/python -m tools.mutants report --brief

# Lines and branches that the tests execute, in whatever process.
coverage: .venv/ready-dev
	$(BIN)/python -m tools.mutants record
	$(BIN)/coverage report --data-file=.mutants/coverage --skip-covered

# Ten thousand cases for each way in: answers, YAML files, handed-in files, options, zips, names. Others every time.
FUZZ ?= 10000
fuzz: .venv/ready-dev
	FUZZ=$(FUZZ) $(PAGE) --last fuzz $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/fuzz

# Every fault of tests/faults, by name and outcome; then runs killed at any moment, and readers beside writers.
# FAULTS_SEED=… kills at the same moments again.
PLAY = $(BIN)/python -m pytest -m '' -n 2 --dist worksteal -q $(PYTEST)
faults: .venv/ready-dev
	FAULTS=all $(PAGE) --last faults $(PLAY) -rp tests/faults/test_matrix.py tests/kolada/test_absence.py

kills: .venv/ready-dev
	FAULTS=all $(PAGE) --last kills $(PLAY) -rP tests/faults/test_kills.py tests/faults/test_readers.py tests/followups/test_decisions.py

# What a night costs beside what people use today and beside the limit; then the parts of it, and what running an
# installation costs.
bench: .venv/ready-dev
	$(PAGE) bench $(BIN)/python -m tools.bench.side_by_side
	$(BIN)/python -m tools.bench.nights
	$(PAGE) bench-drift $(BIN)/python -m tools.bench.operation
	$(PAGE) bench-arbetsbocker $(BIN)/python -m tools.bench.handed_in

# How often the rules that judge are right, measured on the database in $(DATA): into docs/traffsakerhet.md. The archive in
# $(ARCHIVE) tells the inhabitants where the database has none.
backtest: .venv/ready-dev
	$(BIN)/python -m tools.backtest $(DATA)/analys.duckdb docs/traffsakerhet.md $(wildcard $(ARCHIVE)/values.parquet)

# What the check of plausibility stops: every true year as a new one, and every way to corrupt one, on the archive in
# $(ARCHIVE): into docs/rimlighet.md.
ARCHIVE ?= ../shared/data/kolada-2024
corruption: .venv/ready-dev
	$(BIN)/python -m tools.corruption $(ARCHIVE) docs/rimlighet.md

# A night over all of Kolada (4.9 million values), and over ten of it: half an hour and 40 GB of disk.
scale: .venv/ready-dev
	$(PAGE) scale $(BIN)/python -m tools.bench.scale

# What is generated into docs/: the data dictionary (to read; not in git), the rules of plausibility and the JSON Schemas
# (in git).
docs: schema
	$(BIN)/python -m pipelines.warehouse.schema.dictionary docs
	$(BIN)/python -m tools.rules docs/drift.md

# The JSON Schemas that editors use to complete and check the YAML files.
schema: .venv/ready
	$(BIN)/python -m pipelines.catalog.schema docs/schema

# The licences of the locked packages, read where they are installed: as they are locked, or it fails. Fails at one that is not among those that may be used ([tool.pip-licenses] in
# pyproject.toml): another one is for a person to decide.
LOCKED = sed -nE 's/^([A-Za-z0-9._-]+)(\[[^]]*\])?==.*/\1/p' requirements.lock
licences: .venv/ready-dev
	$(BIN)/python -m pipelines.operation.machine requirements.lock
	$(BIN)/pip-licenses --with-system --packages $$($(LOCKED))

# Known vulnerabilities among the locked packages; fails too when one could not be looked up. Asks a database on the internet: not a part of the tests.
audit: .venv/ready-dev
	$(BIN)/uv tool run pip-audit --strict --requirement requirements-kluster.lock --require-hashes --disable-pip

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

# uv installs what is locked in a tenth of pip's time. It reads no settings of pip's: the index and the certificates that
# pip would use are handed on.
.venv/bin/uv: requirements-dev.lock | .venv/bin/python
	@awk '/^[^ ]/ {ours = /^uv==/} ours' requirements-dev.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.lock
	@touch $@

INDEX = $${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}
INSTALL = index="$(INDEX)"; $(BIN)/uv pip install --quiet --system-certs $${index:+--default-index "$$index"} --no-deps

.venv/ready: requirements.lock pyproject.toml | .venv/bin/uv
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation -e .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
