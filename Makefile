# One command each: `make demo` to see it, `make test` to prove it. What they need they make themselves: the demo in
# .demo; the tests a Chromium, .nginx, Python packages and Node in .venv, older kernels in .kernels/.

# The newest suitable Python that really makes environments. The kernels `make test` compares need 3.11.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$python && break; done)
# Four at a time, on two processors: they wait for servers and pages most of the time.
PYTEST_ARGS ?= --numprocesses=4 --dist=worksteal --durations=10
DEMO_ARGS ?=
NAMES ?=
PARTS ?=
FRONTENDS_ARGS ?=
PEERS_ARGS ?=
ENGINES_ARGS ?=
IDENTITY_ARGS ?=

VENV := .venv
DEMO := .demo
AUDIT := .audit
BIN := $(CURDIR)/$(VENV)/bin
# Besides ipykernel 7.4, which lives in .venv itself.
KERNELS := 6.31.0 7.2.0
NODE_MODULES := js/node_modules/.installed
# Each in an environment of its own, with what a person installs there.
FRONT_ENDS := $(basename $(notdir $(wildcard tests/frontends/environments/*.txt)))
HUB_PROXY := tests/frontends/proxy/node_modules/.installed
VSCODE_PAGE := tests/frontends/vscode/dist/page.js
PROVIDER := tiled_jupyter/demo/provider/node_modules/.installed
BUNDLE := $(addprefix tiled_jupyter/panel/static/,code.js loader.js panel.js panel.css)
# The demo is apart from .venv. Its provider runs on the Node of the PATH, if that is new enough.
DEMO_PATH := $(CURDIR)/$(DEMO)/bin:$(PATH)
NODE = $(shell PATH="$(DEMO_PATH)" scripts/has-node || echo ,node)
export PATH := $(BIN):$(CURDIR)/.nginx/usr/sbin:$(PATH)
# Else each of some hundred processes of the tests compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # in the order in which they are named: first what may fail
.PHONY: help python three-kernels venv kernels chromium nginx demo test unit weekly frontends engines identity bench soak screenshots docs \
	check audit format js build matrix peers clean

help: ## Show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1 \2/p' $(MAKEFILE_LIST) | sed -E 's/^(  make [a-z]+) /\1\t/' | expand -t 20

demo: $(DEMO)/.installed ## Start a Tiled server and JupyterLab, to try it (DEMO_ARGS=--no-browser)
	@PATH="$(DEMO_PATH)" XDG_CACHE_HOME=$(CURDIR)/$(DEMO)/cache npm_config_cache=$(CURDIR)/$(DEMO)/cache/npm \
		exec $(DEMO)/bin/python -m tiled_jupyter.demo $(DEMO_ARGS) \
		--leaves "What was installed stays in $(DEMO) for the next time; make clean removes it."

test: step = $(1)/6
test: three-kernels chromium nginx .kernels/6.31.0/.installed $(NODE_MODULES) $(PROVIDER) ## Run all tests: the page, and the four rings (PYTEST_ARGS='tests/server -x')
	cd js && npm test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

weekly: three-kernels chromium nginx kernels $(NODE_MODULES) $(PROVIDER) ## Run the tests that no change waits for: ipykernel 7.2, and the tests of the tests
	$(BIN)/python -m pytest --weekly -m weekly $(PYTEST_ARGS)

unit: $(VENV)/.installed $(NODE_MODULES) ## Run the tests that start no server, kernel or browser (PYTEST_ARGS=-x)
	cd js && npm test
	$(BIN)/python -m pytest tests/unit tests/http $(PYTEST_ARGS)

frontends: three-kernels chromium kernels $(NODE_MODULES) $(PROVIDER) $(HUB_PROXY) $(VSCODE_PAGE) $(FRONT_ENDS:%=.frontends/%/.installed) ## Sign in from every front end, and write the README's table (FRONTENDS_ARGS='-k Voil')
	$(BIN)/python -m pytest tests/frontends $(FRONTENDS_ARGS)

# Jobs run as somebody who is not root, and may not see the home in which the Python of .venv may lie: Debian's they may.
engines: $(VENV)/.installed ## As root: run the scripts for jobs on Slurm, Dask, Prefect, podman, cron, systemd …, and write the table of docs/how-to/batch-jobs.md (ENGINES_ARGS='-k slurm')
	@scripts/ensure-debian engines "Slurm, podman, cron …" slurm-wlm slurmdbd munge mariadb-server cron podman runc uidmap \
		slirp4netns fuse-overlayfs shellcheck systemd tcpdump python3-venv
	@$(MAKE) --no-print-directory .engines/.installed
	$(BIN)/python -m pytest tests/engines -p no:randomly --durations=10 $(ENGINES_ARGS)

identity: three-kernels chromium nginx .kernels/6.31.0/.installed ## As root: sign in with PAM, LDAP, OpenID, through nginx and a proxy, and write the tables of docs/how-to/identity-systems.md (IDENTITY_ARGS='-k LDAP')
	@scripts/ensure-debian identity "slapd, tinyproxy" slapd tinyproxy openssl passwd libpam0g
	@$(MAKE) --no-print-directory .identity/.installed
	$(BIN)/python -m pytest tests/identity -p no:randomly --durations=10 $(IDENTITY_ARGS)

check: $(VENV)/.installed $(NODE_MODULES) ## Lint, formats, types, and whether the committed bundle is fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd js && npm run check && npm run lint
	@committed=$$(cat $(BUNDLE) | cksum); (cd js && npm run build); \
	test "$$committed" = "$$(cat $(BUNDLE) | cksum)" || \
		{ echo "The bundle was stale. It has been built anew: commit tiled_jupyter/panel/static." >&2; exit 1; }

# An audit environment of its own: what an auditor needs is no part of what is audited. `--strict`: what the database
# does not know fails too, instead of passing unseen.
audit: $(VENV)/.installed $(AUDIT)/.installed ## Ask the advisory databases about every Python and npm package that is used
	$(BIN)/python -m pip freeze --exclude-editable > $(AUDIT)/installed.txt
	$(AUDIT)/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner=off --requirement $(AUDIT)/installed.txt
	cd js && npm audit --package-lock-only
	cd tiled_jupyter/demo/provider && npm audit --package-lock-only

format: $(VENV)/.installed $(NODE_MODULES) ## Let the linters repair what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd js && npm run format

bench: three-kernels chromium kernels ## Print the benchmarks, as ratios measured in one run
	$(BIN)/python -m tests.benchmarks

soak: three-kernels chromium nginx kernels ## An hour of work compressed, and a day of waiting: sessions die, kernels are killed, servers restarted (PARTS='logins panels')
	$(BIN)/python -m tests.soak $(PARTS)

screenshots: three-kernels chromium kernels ## Draw every state of the panel and the pictures of the README, to be looked at
	$(BIN)/python -m tests.browser.screenshots

docs: $(VENV)/.installed ## Build the documentation in docs/_build, warnings being errors
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build
	@echo docs/_build/index.html

js: $(NODE_MODULES) ## Build the page into tiled_jupyter/panel/static
	cd js && npm run build

build: $(VENV)/.installed ## Make wheel and sdist in dist/, and see that they are complete
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python scripts/check_distributions.py dist

matrix: nginx $(VENV)/.installed $(PROVIDER) ## Run all tests without a browser on every Python found, with the oldest dependencies, an old server, and pre-releases (NAMES='oldest 3.12 next')
	scripts/matrix $(NAMES)

peers: .peers/.installed ## Run Tiled's own tests with and without this package, and compare (PEERS_ARGS=tests/test_client.py)
	$(BIN)/python -m tests.peers $(PEERS_ARGS)

venv: $(VENV)/.installed ## Make .venv with everything for work on the project
kernels: $(KERNELS:%=.kernels/%/.installed) ## Make .kernels/<version>: small environments with older ipykernels

# Both come first where they are needed: they may fail.
chromium: python ## See that there is a Chromium that starts; bring one where there is none
	@scripts/ensure-chromium $(PYTHON) "$(call step,1) Chromium"

nginx: ## See that there is an nginx; unpack one where there is none
	@scripts/ensure-nginx "$(call step,2) nginx"

clean: ## Remove all that make has made, the bundle and Playwright's Chromium excepted
	rm -rf $(VENV) $(DEMO) $(AUDIT) .kernels .frontends .engines .identity .matrix .peers .nginx dist docs/_build tests/artifacts
	rm -rf js/node_modules $(PROVIDER:/.installed=) $(HUB_PROXY:/.installed=)
	rm -rf $(dir $(VSCODE_PAGE)) tests/frontends/vscode/node_modules
	rm -rf __pycache__ .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find tiled_jupyter tests -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "There is no Python >= 3.10 that makes environments. Install one (Debian: apt-get" \
		"install python3-venv), or set PYTHON=/path/to/python." >&2; exit 1; }

three-kernels: python
	@python=$(BIN)/python; test -x $$python || python=$(PYTHON); \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ipykernel 7.4 needs Python >= 3.11: make clean, then make test PYTHON=/path/to/python3.11." >&2; exit 1; }

$(VENV)/.installed: pyproject.toml hatch_build.py | python
	@scripts/quietly "$(call step,3) Python packages (one or two minutes)" \
		scripts/environment $(PYTHON) $(VENV) --editable '.[dev]'
	@touch $@

# Compiled are only those that run, when they run: it takes half the time, and a quarter less room.
$(DEMO)/.installed: pyproject.toml hatch_build.py | python
	@scripts/quietly "Python packages for the demo, into $(DEMO) (half a minute)" \
		scripts/environment $(PYTHON) $(DEMO) --no-compile --editable '.[demo$(NODE)]'
	@rm -rf $(DEMO)/lib/python*/site-packages/*/include # 70 MB of C headers
	@touch $@

$(AUDIT)/.installed: | $(VENV)/.installed
	@scripts/quietly "pip-audit" scripts/environment $(BIN)/python $(AUDIT) 'pip-audit>=2.9'
	@touch $@

# Tiled's tests are in its source distribution alone. To name what it needs, pip prepares it: not its web page as well.
.peers/.installed: tests/peers/requirements.txt pyproject.toml | $(VENV)/.installed
	@scripts/quietly "Packages for Tiled's own tests (a minute)" scripts/environment $(BIN)/python .peers \
		--requirement $< --editable '.[array,dataframe]'
	@rm -rf .peers/tiled-*
	@scripts/quietly "Tiled's own tests" sh -c 'version=$$(.peers/bin/python -c \
		"import importlib.metadata as m; print(m.version(\"tiled\"))") && TILED_BUILD_SKIP_UI=1 .peers/bin/python -m pip \
		download --no-binary tiled --no-deps --dest .peers "tiled==$$version" && tar -xzf .peers/tiled-$$version.tar.gz -C .peers'
	@touch $@

.engines/.installed: tests/engines/requirements.txt pyproject.toml
	@scripts/quietly "Packages for the engines (a minute)" scripts/environment /usr/bin/python3 .engines \
		--requirement $< --editable '.[array]'
	@touch $@

.identity/.installed: tests/identity/requirements.txt pyproject.toml | $(VENV)/.installed
	@scripts/quietly "Packages for the identity systems (a minute)" scripts/environment $(BIN)/python .identity \
		--requirement $< --editable '.[array,dataframe]'
	@touch $@

.kernels/%/.installed: pyproject.toml | $(VENV)/.installed
	@scripts/quietly "$(call step,4) ipykernel $* (half a minute)" \
		scripts/environment $(BIN)/python .kernels/$* 'ipykernel==$*' matplotlib --editable '.[array]'
	@touch $@

.frontends/%/.installed: tests/frontends/environments/%.txt | $(VENV)/.installed
	@scripts/quietly "$*" scripts/environment $(BIN)/python .frontends/$* --requirement $<
	@touch $@

# What VS Code's code needs is bundled in it: package.json puts empty packages in the place of 350 MB.
$(VSCODE_PAGE): tests/frontends/vscode/page.ts tests/frontends/vscode/node_modules/.installed
	@scripts/quietly "the page with VS Code's widget code" npm run build --prefix tests/frontends/vscode

%/node_modules/.installed: %/package.json %/package-lock.json | $(VENV)/.installed
	@scripts/quietly "$(call step,$(if $(filter js,$*),5,6)) npm packages of $*" npm ci --prefix $*
	@touch $@
