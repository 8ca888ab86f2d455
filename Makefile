# Two commands: `make demo` and `make test`. Both begin on bare Debian 12 (git, make, root or sudo) and may be repeated.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PORT ?= 8000
SERVE ?= 1
PYTHON := .venv/bin/python
SYSTEM_PYTHON := /usr/bin/python3

.PHONY: help setup demo test soak serve stop bench clean

help: ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: ## Install what is missing: system packages, Python environment, front end.
	@scripts/setup.sh

demo: ## Set up, load the sample city, subdivide a parcel end to end, file cases in every state, then serve (SERVE=0 does not, PORT=8000).
	@scripts/setup.sh packages
	@if [ "$(SERVE)" != 0 ]; then $(SYSTEM_PYTHON) -m scripts.serve --check --port "$(PORT)"; fi
	@scripts/setup.sh python frontend
	@exec $(PYTHON) -m scripts.serve --demo --port "$(PORT)" --serve "$(SERVE)"

test: ## Lint, types, import contracts and every test with small budgets.
	@scripts/setup.sh
	@$(PYTHON) -m scripts.services up
	@exec $(PYTHON) -m scripts.services run $(PYTHON) -m scripts.verify

soak: ## The same tests with full seeds, kills, races and long simulations (hours).
	@scripts/setup.sh
	@$(PYTHON) -m scripts.services up
	@GISPORTAL_SOAK=1 exec $(PYTHON) -m scripts.services run $(PYTHON) -m scripts.verify

serve: ## Run the site on 127.0.0.1:PORT until Ctrl-C.
	@scripts/setup.sh packages
	@$(SYSTEM_PYTHON) -m scripts.serve --check --port "$(PORT)"
	@scripts/setup.sh python frontend
	@exec $(PYTHON) -m scripts.serve --port "$(PORT)"

stop: ## Stop the private services.
	@if [ -x $(SYSTEM_PYTHON) ]; then $(SYSTEM_PYTHON) -m scripts.services down; fi

bench: ## Measure, with limits and peers side by side.
	@scripts/setup.sh
	@$(PYTHON) -m scripts.services up
	@$(PYTHON) -m scripts.services run $(PYTHON) manage.py migrate --database=owner --verbosity 0
	@exec $(PYTHON) -m scripts.services run $(PYTHON) manage.py bench

clean: ## Stop the private services and forget all local state: databases, environment, builds.
	@if [ -x $(SYSTEM_PYTHON) ]; then $(SYSTEM_PYTHON) -m scripts.services forget; fi
	@rm -rf .venv node_modules gisportal/static/build staticfiles media test-results
	@rm -rf .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find . -name '*.mo' -type f -exec rm -f {} +
