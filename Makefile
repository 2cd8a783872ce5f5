# The verbs for people and for CI: run · test · check · fix · bench · e2e
PYTHON ?= python3
BIN := .venv/bin

run: .venv/app        ## start the app and open it in the browser
	$(BIN)/streamlit run app.py

test: check           ## everything: checks, core, pages, and a real browser
	$(BIN)/python -m tests.browser
	$(BIN)/python -m pytest -n 2 tests/core tests/contracts tests/pages
	$(BIN)/python -m pytest tests/e2e

e2e: .venv/dev        ## only what drives a real browser
	$(BIN)/python -m tests.browser
	$(BIN)/python -m pytest tests/e2e

check: .venv/dev      ## read: style, types, arrows
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/dev        ## write: style
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: .venv/dev      ## the measured claims, each against a peer; KINDRED_BENCH_DATA names the larger data
	$(BIN)/python -m benchmarks

.venv/app: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m embedding_core warm
	touch $@

.venv/dev: .venv/app requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

.PHONY: run test e2e check fix bench
