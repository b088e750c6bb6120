# Two commands are enough: `make run` (a bank in a box, with pages) and `make test` (everything). `make` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENGINE := src/feiqian/ledger/_engine.so
CARGO := cargo --quiet
MANIFEST := --manifest-path engine/Cargo.toml
TARGET := --target-dir engine/target
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUST_FILES := $(shell find engine -name target -prune -o \( -name '*.rs' -o -name 'Cargo.*' \) -print 2>/dev/null)

JOBS ?= auto
KILLS ?= 1000
OPS ?= 2000000
EXAMPLES ?= 200
SECONDS ?= 600
SEED ?=
ARGS ?=

# A test that hangs ends its process (see pyproject.toml); a new one in its place would take it up again, or wait for ever.
SPREAD = --numprocesses $(JOBS) --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder

export PYTHON
unexport PYTHONDONTWRITEBYTECODE  # the tests start hundreds of processes, and each would compile all modules anew

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

# --- building ------------------------------------------------------------------------------------------------------

$(VENV)/.made:
	@tools/need.sh python venv
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements.lock pyproject.toml
	@echo "installing what requirements.lock names into $(VENV)"
	@$(PIP) install --require-hashes -r requirements.lock
	@tools/need.sh cargo
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "installing what requirements-dev.lock names into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(ENGINE): $(RUST_FILES) tools/engine.sh
	@tools/need.sh cargo
	@echo "building the native engine"
	@tools/engine.sh $@

.PHONY: build
build: $(VENV)/.runtime $(ENGINE) ## the virtual environment and the native engine

.PHONY: engine
engine: $(ENGINE) ## the native engine alone

.PHONY: wheel
wheel: $(VENV)/.dev ## a wheel with the native engine inside, and the sources that it is made of, in dist/
	@tools/need.sh cargo
	@$(BIN)/python -m build --quiet --no-isolation --outdir dist
	@ls dist/*

.PHONY: lock
lock: ## write both lock files from pyproject.toml (UPGRADE=--upgrade for the newest versions)
	@UPGRADE="$(UPGRADE)" tools/lock.sh

# --- running -------------------------------------------------------------------------------------------------------

.PHONY: run
run: build ## build what is missing, then start the demo: a seeded bank with its pages (ARGS= for its options)
	@$(BIN)/feiqian demo $(ARGS)

.PHONY: bench
bench: build ## every benchmark of docs/BENCHMARKS.md, one after another
	@tools/need.sh wrk
	@for what in engine ledger start payments projector http orders quick checkout sign_in wallet overload; do $(BIN)/feiqian bench $$what $(ARGS) || exit 1; done

# --- testing -------------------------------------------------------------------------------------------------------

.PHONY: tools-for-tests
tools-for-tests: $(VENV)/.dev $(ENGINE)
	@tools/need.sh chromium fonts

.PHONY: test
test: tools-for-tests ## every test: Rust, Python, PostgreSQL, crashes, Chromium (ARGS= for pytest's options, JOBS= processes)
	@$(CARGO) test --offline --locked $(MANIFEST) $(TARGET)
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

.PHONY: long
long: ## what takes long, each even if another finds something: differential, crash, examples, adversary
	@failed=0; for what in differential crash examples adversary; do \
	$(MAKE) --no-print-directory $$what || failed=1; done; exit $$failed

.PHONY: coverage
coverage: tools-for-tests ## how much of the Python code the tests reach, children included: a table, and artefacts/coverage/html (ARGS=)
	@$(BIN)/coverage erase
	@failed=0; $(BIN)/coverage run -m pytest $(SPREAD) $(ARGS) || failed=$$?; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage html --quiet && $(BIN)/coverage report || failed=$$?; \
	exit $$failed

.PHONY: check
check: $(VENV)/.dev $(ENGINE) ## linters, types and the house rules: all of them, even if one finds something
	@tools/need.sh cargo clippy rustfmt
	@failed=0; try() { echo "$$*"; "$$@" || failed=1; }; \
	try $(BIN)/ruff check .; \
	try $(BIN)/ruff format --check .; \
	try $(BIN)/mypy; \
	try cargo fmt --check $(MANIFEST) --all; \
	try cargo clippy --offline --locked $(MANIFEST) $(TARGET) --all-targets --quiet -- -D warnings; \
	try $(BIN)/python -m pytest tests/house; \
	exit $$failed

.PHONY: differential
differential: tools-for-tests ## the specification against the native engine: OPS= operations, SEED= to repeat a run
	@OPS=$(OPS) SEED=$(SEED) $(BIN)/python -m pytest tests/conformance -k differential --timeout=0 $(ARGS)

.PHONY: crash
crash: tools-for-tests ## the long crash run: KILLS= times SIGKILL under load
	@KILLS=$(KILLS) SEED=$(SEED) $(BIN)/python -m pytest tests/crash --timeout=0 $(ARGS)

.PHONY: examples
examples: tools-for-tests ## what schemathesis thinks of for every operation of the API: EXAMPLES= of each, and way of making them
	@EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/web/v1/test_fuzz.py --timeout=0 $(ARGS)

.PHONY: adversary
adversary: tools-for-tests ## attacks beside honest traffic, SECONDS= in all, on this computer only
	@$(BIN)/python -m feiqian.testing.adversary --seconds $(SECONDS) $(ARGS)

.PHONY: clean
clean: ## remove what was built, but no data
	rm -rf $(VENV) engine/target $(ENGINE) .pytest_cache .mypy_cache .ruff_cache .hypothesis artefacts dist build src/*.egg-info
