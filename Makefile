# Everything that people and CI run. Each target sets up what it needs; a second run finds it there.

PYTHON ?= python3
NPM ?= npm
PORT ?= 8000
SANDBOX_PORT ?= 8001
CLIENT_ID ?=
API_URL ?=
ARGS ?=

BIN := .venv/bin
# A stamp lies inside what it vouches for, so deleting the folder deletes the stamp with it.
ENVIRONMENT := .venv/.stamp-installed
LOCKED := .venv/.stamp-locked
BROWSERS := .venv/.stamp-browsers
SERVICES := .venv/.stamp-services
ASSETS := node_modules/.stamp-installed
OLDEST := .make/oldest/.stamp-installed

VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"$$/\1/p' podio_web/__init__.py)
WHEEL := dist/podio_web-$(VERSION)-py3-none-any.whl
SOURCES := $(wildcard static/*.*) $(shell find podio_web -type f -not -name '*.pyc' -not -name '*~')
WHEEL_SOURCES := pyproject.toml README.md LICENSE $(SOURCES)
SITE_SOURCES := $(filter-out podio_web/sandbox/% podio_web/testing/%,$(SOURCES))
SOURCE_LIST := .make/wheel-sources
# What podio-web build makes of it, as the demo has it.
SITE := .make/site/podio-web.manifest.json

IN_BROWSERS := test-in-firefox-without test-in-chromium test-in-firefox-with-pyodide

# What decides who is signed in and what an answer means, without I/O: every line and branch of it is tested.
COVERED := podio_web/oauth/*,podio_web/http/*,podio_web/auth/*,podio_web/events.py,podio_web/runtime/shared_outcome.py,podio_web/stores/memory.py,podio_web/stores/text.py
COVERED := $(COVERED),podio_web/stores/records.py,podio_web/transports/connection_errors.py
COVERED := $(COVERED),podio_web/web/sign_in.py,podio_web/web/asgi.py,podio_web/web/wsgi.py
COVERED := $(COVERED),podio_web/web/cookies.py,podio_web/web/messages.py,podio_web/web/notices.py
COVERED := $(COVERED),podio_web/web/prefix.py,podio_web/web/session_cookie.py,podio_web/web/pending_sign_ins.py,podio_web/web/addresses.py,podio_web/web/faults.py,podio_web/web/revoking.py,podio_web/web/hooks.py,podio_web/web/options.py
COVERED := $(COVERED),podio_web/web/signed_out.py,podio_web/web/starlette.py,podio_web/web/fastapi.py
COVERED := $(COVERED),podio_web/web/flask.py,podio_web/web/quart.py,podio_web/web/django.py
COVERED := $(COVERED),podio_web/web/django_settings.py,podio_web/testing/web_client.py
# Tests that use the packages in requirements/oldest.txt: httpx2, itsdangerous, pytest and its plugins; redis; starlette,
# uvicorn and tzdata.
WITH_OLDEST := $(addprefix tests/unit/test_,httpx_transport.py blocking_transports.py sync_threads.py web_cookies.py \
	web_session_cookie.py testing.py) $(addprefix tests/stores/test_,contract.py redis_store.py) \
	$(addprefix tests/sandbox/test_,server.py site.py zones.py)
# Tests may leave out annotations; what they annotate is checked. The pages' own Python runs in a browser.
TEST_TYPES := --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls --allow-untyped-globals \
	--no-check-untyped-defs --no-warn-return-any --no-warn-unused-ignores --ignore-missing-imports \
	--exclude tests/browser/pages

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo site test test-unit test-servers test-packaging test-oldest soak test-browser $(IN_BROWSERS) bench lint format types wheel setup browsers lock clean FORCE

help: ## show this text
	@echo 'podio-web: make TARGET [NAME=value ...]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Names: PYTHON (at least 3.11), NPM; demo: PORT, SANDBOX_PORT, CLIENT_ID, API_URL;'
	@echo '       test-unit and its like, bench: ARGS, as in make test-browser ARGS="-k popup --browser firefox"'

demo: wheel site ## serve the demo page and a local Podio, and print the address
	@$(BIN)/podio-web demo --port $(PORT) --sandbox-port $(SANDBOX_PORT) \
		$(if $(CLIENT_ID),--client-id '$(CLIENT_ID)') $(if $(API_URL),--api-url '$(API_URL)')

# Three at a time keep two cores busy: each of them often waits for a window, a server or a clock.
AT_A_TIME = @$(MAKE) --no-print-directory --jobs 3 --keep-going --output-sync=target

test: setup ## run every test, and check the coverage
	$(AT_A_TIME) $(IN_BROWSERS) test-unit test-servers test-packaging test-oldest

test-unit: wheel $(ASSETS) ## run the tests of pure Python and of the build, and check the coverage
	$(BIN)/coverage run -m pytest tests/unit $(ARGS)
	$(if $(ARGS),@echo 'ARGS: a part of the tests covers a part of the code; coverage is not judged.',$(BIN)/coverage report --include='$(COVERED)' --fail-under=100)

test-servers: wheel $(ASSETS) $(SERVICES) ## run the tests of the sandbox, of session stores over processes, and of web servers
	$(BIN)/python -m pytest tests/sandbox tests/stores tests/servers $(ARGS)

test-packaging: $(ENVIRONMENT) $(ASSETS) ## run the tests that build and install the package, in environments of their own
	$(BIN)/python -m pytest tests/packaging $(ARGS)

test-oldest: wheel $(ASSETS) $(SERVICES) $(OLDEST) ## run tests with the oldest versions that users may have
	@# Without the system's time zones, so that those of tzdata are used.
	PYTHONTZPATH= .make/oldest/bin/python -m pytest $(WITH_OLDEST) $(ARGS)

soak: wheel $(ASSETS) $(SERVICES) ## run web servers for a quarter of an hour, with faults all the time
	$(BIN)/python -m tests.servers.soak $(ARGS)

test-browser: wheel site $(BROWSERS) $(SERVICES) ## run the tests in Chromium and Firefox, both at a time unless ARGS are given
	$(if $(ARGS),$(BIN)/python -m pytest tests/browser $(ARGS),$(AT_A_TIME) $(IN_BROWSERS))

# By -k and not by --browser: which of its variants a test runs where is decided among all of them. Each part has a
# folder for its evidence, and a report.
PART = $(BIN)/python -m pytest tests/browser --durations 25 --output test-results/$@ --junitxml test-results/$@.xml
test-in-chromium: wheel site $(BROWSERS) $(SERVICES)
	$(PART) -k chromium
test-in-firefox-with-pyodide: wheel site $(BROWSERS) $(SERVICES)
	$(PART) -k 'firefox and pyodide'
test-in-firefox-without: wheel site $(BROWSERS) $(SERVICES)
	$(PART) -k 'firefox and not pyodide'

bench: wheel site $(BROWSERS) $(SERVICES) ## compare the ways into a page, side by side with podio-js, and calls on a server
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python benchmarks/cpython_calls.py
	$(BIN)/python -m benchmarks.on_servers

lint: $(ENVIRONMENT) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory types

types: $(ENVIRONMENT) ## check types only
	MYPYPATH=scripts $(BIN)/mypy --strict --exclude benchmarks/pages podio_web benchmarks scripts
	MYPYPATH=examples/django_app $(BIN)/mypy --strict --explicit-package-bases --exclude examples/notebook_page examples
	MYPYPATH=scripts $(BIN)/mypy --explicit-package-bases $(TEST_TYPES) tests

format: $(ENVIRONMENT) ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(WHEEL) ## build the wheel of the package, the only one in dist/

site: $(SITE) ## build the folder that the demo's page loads: interpreters, loaders, snapshot

setup: wheel site $(BROWSERS) $(SERVICES) $(OLDEST) ## set up everything that the other targets need

browsers: $(BROWSERS) ## make sure that Chromium and Firefox are there

clean: ## remove what was built or installed here
	rm -rf .venv node_modules dist build .make test-results htmlcov .coverage .coverage.* \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis
	find podio_web static scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------

$(LOCKED): requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'podio-web needs Python 3.11 or later, and "$(PYTHON)" is not that.' \
			'Name another one: make PYTHON=/path/to/python3 ...' >&2; exit 1; }
	@echo 'Installing the Python packages of requirements/dev.lock into .venv ...'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

$(ENVIRONMENT): $(LOCKED) pyproject.toml
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -e .
	@touch $@

$(ASSETS): package.json package-lock.json .npmrc
	@command -v $(NPM) >/dev/null || { \
		echo 'podio-web needs npm for what its pages load (on Debian: apt-get install nodejs npm).' >&2; exit 1; }
	@echo 'Installing the npm packages of package-lock.json into node_modules ...'
	@$(NPM) ci --ignore-scripts --loglevel=error
	@touch $@

$(BROWSERS): $(ENVIRONMENT) scripts/browsers.py scripts/debian.py playwright.config.py
	@$(BIN)/python scripts/browsers.py
	@touch $@

$(SERVICES): $(ENVIRONMENT) scripts/services.py scripts/debian.py
	@$(BIN)/python scripts/services.py
	@touch $@

$(OLDEST): requirements/oldest.txt $(LOCKED)
	@echo 'Installing the oldest versions that users may have into .make/oldest ...'
	@$(PYTHON) -m venv --clear .make/oldest
	@.make/oldest/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/oldest.txt
	@touch $@

# The list changes when a file comes or goes, which no file's time of change would show.
$(SOURCE_LIST): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(WHEEL_SOURCES) | sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(WHEEL): $(WHEEL_SOURCES) $(SOURCE_LIST) | $(ENVIRONMENT)
	@rm -rf .make/dist
	@$(BIN)/python -m build -qq --wheel --no-isolation --outdir .make/dist
	@mkdir -p dist
	@rm -f dist/*.whl
	@mv .make/dist/*.whl dist/
	@touch $@
	@echo 'Built $@.'

$(SITE): $(SITE_SOURCES) $(SOURCE_LIST) $(ASSETS) | $(ENVIRONMENT)
	@command -v node >/dev/null || { \
		echo 'podio-web needs node for the snapshot of Pyodide (on Debian: apt-get install nodejs npm).' >&2; exit 1; }
	@# A folder without this manifest is of an older podio-web, whose files this one does not touch.
	@[ -e $@ ] || rm -rf $(@D)
	@$(BIN)/podio-web build $(@D) --base /podio-web

lock: ## write requirements/dev.lock and oldest.txt anew from pyproject.toml
	@rm -rf .make/lock
	@$(PYTHON) -m venv .make/lock
	@.make/lock/bin/python -m pip install -qq --disable-pip-version-check pip-tools==7.6.2
	@CUSTOM_COMPILE_COMMAND='make lock' .make/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --extra dev \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements/dev.lock pyproject.toml
	@.make/lock/bin/python scripts/oldest.py > .make/lock/oldest.in
	@CUSTOM_COMPILE_COMMAND='make lock' .make/lock/bin/pip-compile --quiet --strip-extras --generate-hashes \
		--no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements/oldest.txt .make/lock/oldest.in
	@rm -rf .make/lock
