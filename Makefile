# Two commands for newcomers: `make demo` and `make test`. Each sets up everything it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What the tests take from npm: official clients, the conformance suite, the inspector.
NODE_STAMP := tests/node/node_modules/.installed
CORE := src/aifp/aifp_core.db

.PHONY: demo test nightly check bench sync runner wheel node clean

demo: runner
	$(BIN)/python examples/demo.py

test: runner check $(NODE_STAMP)
	$(BIN)/python -m pytest -m "not nightly" -n 2 --dist loadfile

nightly: runner
	$(BIN)/python -m pytest -m nightly

check: $(CORE)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/python sync-directives.py --check

bench: runner
	$(BIN)/python bench/run.py

sync: $(STAMP)
	$(BIN)/python sync-directives.py

runner: $(CORE)
	$(BIN)/python -m aifp.server.sandbox.build

wheel: $(CORE)
	$(BIN)/python -m aifp.server.sandbox.build --into src/aifp/server/sandbox
	$(BIN)/python -m build --wheel --outdir dist .

# What aifp knows about itself: the tools that the server offers, the steps of its own directives.
$(CORE): src/aifp/helpers_parsed.json $(wildcard src/aifp/schemas/sql/aifp_core/*/*.sql) $(STAMP)
	$(BIN)/python sync-directives.py --core
	@touch $@

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Install Python 3.11 or newer first."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(if $(CI),--quiet,) --disable-pip-version-check --progress-bar on -e '.[dev]'
	@touch $(STAMP)

node: $(NODE_STAMP)

$(NODE_STAMP): tests/node/package.json
	@command -v npm >/dev/null || { echo "The tests need npm; on Debian: apt-get install npm"; exit 1; }
	cd tests/node && npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(VENV) $(CORE) tests/node/node_modules dist build .pytest_cache .ruff_cache .import_linter_cache
