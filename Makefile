# One list of commands. Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := @$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help install demo test check format bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/.installed ## Make .venv with the command bestshot

demo: install ## Run everything here with a drawn catalog, and list one new product
	@$(BIN)/bestshot demo

test: .venv/.dev ## Run the tests
	@$(BIN)/python -m pytest

check: .venv/.dev ## Format, lint, types, import order
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/.dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/.dev ## Measure retrieval, painting, the gate and a night of 100,000 products; CATALOG=folder for real photos
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench $(CATALOG)

clean: ## Forget the demo and everything that was installed
	rm -rf var .venv

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv .venv

# rapidocr's own dependencies stand in pyproject.toml: it asks for the OpenCV build that needs a display.
.venv/.installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing …"
	$(PIP) --editable .
	$(PIP) --no-deps rapidocr-onnxruntime
	@touch $@

.venv/.dev: .venv/.installed
	$(PIP) --editable '.[dev]'
	@touch $@
