# Everything for a machine without ROS 2, and with a sourced one just the same. `make help` lists the targets.
# VENV=folder and PYTHON=interpreter choose where the environment lies and what it is made with, DISTRO=name the versions
# of requirements/distros/ (kilted, ubuntu24), JOBS=n how many processes run the tests.

DISTRO :=
VENV ?= .venv$(DISTRO:%=-%)
PYTHON ?=
ARGS ?=
JOBS ?= 2
export VENV PYTHON DISTRO

SHELL := /bin/bash
BIN := $(abspath $(VENV))/bin
# The tools in the environment, found without sourcing anything, also by the processes they start.
RUN = PATH="$(BIN):$$PATH" AMENT_PREFIX_PATH="$(abspath $(VENV))$${AMENT_PREFIX_PATH:+:$$AMENT_PREFIX_PATH}" \
	LD_LIBRARY_PATH="$(abspath $(VENV))/lib$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}"

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev live test test-fast test-browser test-page dashboard docs site lint bench kills rig clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## make or update the environment: ROS 2 (a sourced one, else PyPI wheels), fer_msgs, fer_ros
	@scripts/setup.sh run

setup-dev: ## that, and what tests, checks and training need
	@scripts/setup.sh dev

live: setup ## see emotions, in the terminal and on a page; ARGS="--no-dashboard --source sample --frames 300"
	@$(BIN)/fer live --dashboard $(ARGS)

test: setup-dev ## run the tests; ARGS="-k camera" chooses
	@$(RUN) $(BIN)/python -m pytest -n $(JOBS) $(ARGS)

# One process more, since some tests wait. What pytest makes of the tests is kept, also if Python is told to keep nothing.
test-fast: setup-dev ## the tests that need neither ROS nor seconds each
	@$(RUN) PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n $$(($(JOBS) + 1)) -m "not slow and not ros" $(ARGS)

test-page: ## check the TypeScript of the dashboard's page: types, eslint, vitest; needs Node.js 20.19 or later
	cd web && npm ci && npm run check && npm run lint && npm test

faults: setup-dev ## damage thousands of bags at random, minutes long; FER_FAULTS=n chooses how many
	@FER_FAULTS=$${FER_FAULTS:-4000} $(RUN) $(BIN)/python -m pytest -q -o faulthandler_timeout=0 \
		test/core/bags/test_faults.py $(ARGS)

test-browser: ## test the dashboard's page in a real browser, which must be installed; BROWSER=firefox or webkit, ARGS="-k phone"
	@scripts/setup.sh browser
	@FER_BROWSER=$(BROWSER) $(RUN) $(BIN)/python -m pytest test/browser $(ARGS)

dashboard: ## build the dashboard's page from its sources in web/; needs Node.js 20.19 or later
	cd web && npm ci && npm run build

docs: setup-dev ## write docs/api.md and the tables of docs/ros_interface.md anew from the code
	@$(RUN) $(BIN)/python scripts/api_docs.py
	@$(RUN) $(BIN)/python scripts/ros_docs.py

site: setup-dev ## build the documents as a site in build/site
	@$(RUN) $(BIN)/python -m sphinx -q -W --keep-going -b html -d build/site/.trees docs build/site
	@echo "build/site/index.html"

lint: setup-dev ## ruff and mypy
	@failed=0; for check in "ruff check ." "ruff format --check ." mypy; do $(RUN) $$check || failed=1; done; exit $$failed

bench: setup ## time per stage and whole frame; ARGS="--json"
	@$(BIN)/fer bench $(ARGS)

kills: setup-dev ## kill recording, discarding, repairing and forgetting at random moments; KILLS=n chooses how often
	@$(RUN) $(BIN)/python scripts/kills.py --kills $${KILLS:-200} $(ARGS)

rig: setup ## try the promises of docs/ros_interface.md with the real `ros2` command; ARGS="--only params,train"
	@VENV=$(abspath $(VENV)) scripts/ros_rig.sh $(ARGS)

clean: ## remove the environment and what builds and tests left
	rm -rf $(VENV) build install log web/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
