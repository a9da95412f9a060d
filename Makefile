# What people and CI run. `make` lists the targets. Each one sets up what it needs, once.

PYTHON ?= python3
NPM ?= npm
PORT ?= 8000
SANDBOX_PORT ?= 8001

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Each stamp lies in the folder that it stands for: remove the folder, and it is set up again.
PACKAGES := .venv/.stamp-locked
ENVIRONMENT := .venv/.stamp-installed
BROWSERS := .venv/.stamp-browsers
SERVICES := .venv/.stamp-services
ASSETS := node_modules/.stamp-installed
OLDEST := .make/oldest/.stamp-installed

IN_BROWSERS := test-in-firefox-without test-in-chromium test-in-firefox-with-pyodide
# Tests wait a lot, for windows, servers and clocks. Three at a time keep two cores busy.
AT_A_TIME = @$(MAKE) --no-print-directory --jobs 3 --keep-going --output-sync=target
# The tests that use the packages in requirements/oldest.txt.
WITH_OLDEST := $(addprefix tests/unit/test_,httpx_transport.py blocking_transports.py sync_threads.py web_cookies.py \
	web_session_cookie.py testing.py) $(addprefix tests/stores/test_,contract.py redis_store.py) \
	$(addprefix tests/sandbox/test_,server.py site.py zones.py uploads.py files.py file_links.py)

.PHONY: help demo docs docs-serve site test test-docs test-unit test-servers test-packaging test-oldest mutants soak \
	test-browser $(IN_BROWSERS) test-webkit bench lint format wheel npm-package setup lock clean

help: ## show this text
	@echo 'make TARGET [NAME=value ...]'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo 'Names: PYTHON (at least 3.11), NPM; demo: PORT, SANDBOX_PORT, CLIENT_ID, API_URL;'
	@echo '       tests, soak and bench: ARGS, as in make test-browser ARGS="-k popup --browser firefox"'

demo: wheel site ## serve the demo page and a local Podio, and print the address
	@$(BIN)/podio-web demo --port $(PORT) --sandbox-port $(SANDBOX_PORT) \
		$(if $(CLIENT_ID),--client-id '$(CLIENT_ID)') $(if $(API_URL),--api-url '$(API_URL)')

test: setup ## run every test, and check the coverage
	$(AT_A_TIME) $(IN_BROWSERS) test-webkit test-docs test-unit test-servers test-packaging test-oldest

test-unit: wheel $(ASSETS) ## run the tests of pure Python; without ARGS, check the coverage
	$(BIN)/coverage run -m pytest tests/unit $(ARGS)
	$(if $(ARGS),,$(BIN)/coverage report)

docs: site ## build the documentation's site into .make/docs
	@$(BIN)/python scripts/docs.py build $(if $(REF),--ref "$(REF)")

docs-serve: site ## serve the documentation's site, and build it again on change
	@$(BIN)/python scripts/docs.py serve --port $(PORT)

test-docs: docs $(BROWSERS) ## run the tests of the documentation's site
	@# Playwright keeps an event loop running, and what does not need it runs in a process without one.
	$(if $(ARGS),$(PYTEST) tests/docs $(ARGS),$(PYTEST) tests/docs/files && $(PYTEST) tests/docs/browsers)

test-servers: wheel $(ASSETS) $(SERVICES) ## run the tests of the sandbox, of session stores and of web servers
	$(PYTEST) tests/sandbox tests/peers tests/stores tests/servers $(ARGS)

test-packaging: site npm-package $(ENVIRONMENT) $(ASSETS) ## build the package, and install it in environments of its own
	$(PYTEST) tests/packaging $(ARGS)

test-oldest: wheel $(ASSETS) $(SERVICES) $(OLDEST) ## run tests with the oldest versions that users may have
	@# Without the system's time zones, so that those of tzdata are used.
	PYTHONTZPATH= .make/oldest/bin/python -m pytest $(WITH_OLDEST) $(ARGS)

mutants: $(ENVIRONMENT) ## plant faults in podio_web.items, and check that the tests see each
	$(BIN)/python scripts/mutants.py

soak: wheel $(ASSETS) $(SERVICES) ## run web servers for a quarter of an hour, with faults all the time
	$(BIN)/python -m tests.servers.soak $(ARGS)

test-browser: wheel site npm-package $(BROWSERS) $(SERVICES) ## run the tests in Chromium and Firefox
	$(if $(ARGS),$(PYTEST) tests/browser $(ARGS),$(AT_A_TIME) $(IN_BROWSERS))

# Parts of test-browser, by -k: with --browser, a test's variants would be chosen anew for each part.
test-in-chromium: TESTS := chromium
test-in-firefox-with-pyodide: TESTS := firefox and pyodide
test-in-firefox-without: TESTS := firefox and not pyodide
$(IN_BROWSERS): wheel site npm-package $(BROWSERS) $(SERVICES)
	$(PYTEST) tests/browser -k '$(TESTS)' --durations 25 --output test-results/$@ --junitxml test-results/$@.xml

test-webkit: wheel site ## run the tests in WebKit, the engine of Safari, where it can be installed
	@$(BIN)/python scripts/webkit.py
	$(PYTEST) tests/webkit $(ARGS)

bench: wheel site $(BROWSERS) $(SERVICES) ## measure page starts and calls, next to podio-js and httpx2
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python benchmarks/cpython_calls.py
	$(BIN)/python -m benchmarks.on_servers

lint: $(ENVIRONMENT) ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(ENVIRONMENT) ## bring the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(ENVIRONMENT) ## build the wheel into dist/
	@$(BIN)/python scripts/artifacts.py wheel

site: $(ENVIRONMENT) $(ASSETS) ## build the folder that the demo's page loads
	@$(BIN)/python scripts/artifacts.py site

npm-package: $(ENVIRONMENT) $(ASSETS) ## build the folder of the npm package, which tests install
	@$(BIN)/python scripts/artifacts.py npm

setup: wheel site npm-package $(BROWSERS) $(SERVICES) $(OLDEST) ## set up everything that the other targets need

lock: ## write requirements/dev.lock and oldest.txt anew
	@$(PYTHON) scripts/lock.py

clean: ## remove what was built or installed here
	rm -rf .venv node_modules dist build .make test-results htmlcov .coverage* .*_cache .hypothesis
	find podio_web static scripts benchmarks tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PACKAGES): requirements/dev.lock
	@$(PYTHON) scripts/environment.py .venv $< && touch $@
$(OLDEST): requirements/oldest.txt $(PACKAGES)
	@$(PYTHON) scripts/environment.py .make/oldest $< && touch $@
$(ENVIRONMENT): $(PACKAGES) pyproject.toml
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -e . && touch $@
$(BROWSERS): $(ENVIRONMENT) scripts/browsers.py playwright.config.py
	@$(BIN)/python scripts/browsers.py && touch $@
$(SERVICES): $(ENVIRONMENT) scripts/services.py
	@$(BIN)/python scripts/services.py && touch $@
$(ASSETS): package.json package-lock.json .npmrc
	@command -v $(NPM) >/dev/null || { echo 'Install npm (on Debian: apt-get install nodejs npm).' >&2; exit 1; }
	@$(NPM) ci --ignore-scripts --loglevel=error && touch $@
