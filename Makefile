# Two commands matter: `make run` opens the dashboard, `make test` checks everything. `make help` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint types pytest chromium format docs elements screenshots bench demo-check clean

VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8501
# Name an interpreter with `make PYTHON=/path/to/python3.11 run`; otherwise the first suitable one is taken.
PYTHON ?=
# A browser window opens only where there is a screen to open it on.
HEADLESS := $(shell if [ -n "$$CI" ] || { [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; }; \
	then echo true; else echo false; fi)
INSTALL := $(PY) -m pip install --disable-pip-version-check --no-input --quiet
# Bytecode is kept: the tests start dozens of processes, and each would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

run: $(VENV)/.installed ## Open the dashboard on the demo dataset (PORT=8501)
	@GORACS_OPEN=$${GORACS_OPEN-demo} $(PY) -m streamlit run app.py --server.port $(PORT) --server.headless $(HEADLESS) \
		--server.showEmailPrompt false

test: lint chromium ## Lint, types and every test, the browser's included; the types beside the tests
	@$(MAKE) --no-print-directory --jobs=2 types pytest

lint: $(VENV)/.installed-dev ## Ruff: rules and format
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(VENV)/.installed-dev ## Pyright, standard mode
	@$(PY) -m pyright

# One process more than cores, because the browser's tests mostly wait; each has its own server, worker and Chromium.
pytest: $(VENV)/.installed-dev chromium
	@$(PY) -m tests.compiled
	@$(PY) -m pytest -n $$($(PY) -c 'import os; print((os.cpu_count() or 1) + 1)') --maxprocesses 4 \
		--dist loadfile --no-loadscope-reorder --slowest 20

chromium: $(VENV)/.installed-dev ## Make sure that there is a Chromium for the browser tests
	@command -v chromium-headless-shell >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && grep -q '^ID=debian$$' /etc/os-release 2>/dev/null && apt-get update -qq \
	     && { apt-get install -y -qq --no-install-recommends chromium-headless-shell \
	          || apt-get install -y -qq --no-install-recommends chromium; }; } \
	|| $(PY) -m tests.browser.chromium >/dev/null 2>&1 \
	|| $(PY) -m playwright install --only-shell chromium
	@$(PY) -m tests.browser.chromium

format: $(VENV)/.installed-dev ## Let ruff rewrite the files
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

docs: $(VENV)/.installed ## Rewrite the table of methods in docs/baselines.md
	@$(PY) -m goracs_core methods --update docs/baselines.md

elements: ## Build the elements that run in the browser, and test them (needs node)
	@cd pages/_ui/frontend && npm ci --silent --no-audit --no-fund && npm run --silent build && npm test --silent

screenshots: $(VENV)/.installed-dev chromium ## Take the pictures of README and guides from the real app
	@$(PY) -m tests.browser.screenshots

bench: $(VENV)/.installed-dev ## Run every script of benchmarks/ (each prints a table)
	@for script in benchmarks/[!_]*.py; do echo "== $$script"; $(PY) "$$script" || exit 1; done

demo-check: $(VENV)/.installed ## Check the shipped demo, and make it anew to compare
	@$(PY) -m goracs_core.jobs.demo check

clean: ## Remove the environment and every cache (your runs in data/workspace stay)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis test-artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Setting up $(VENV) with $$("$$candidate" --version)"; \
	    exec "$$candidate" -m venv $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11 or newer with its venv module was found. Install one (on Debian or Ubuntu:" >&2; \
	echo "apt-get install python3 python3-venv) or name yours: make PYTHON=/path/to/python3 run" >&2; \
	exit 1

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "Installing requirements.txt (some minutes the first time, more where torch comes with CUDA)"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing requirements-dev.txt"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/.installed
