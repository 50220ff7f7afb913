# The two commands of README.md, and those of CONTRIBUTING.md. Needs Python 3.11 or later; sets itself up, once.

PYTHON ?= python3.11
VENV ?= .venv
# What to add to the demo's or the tests' command line: make demo OPTIONS=--no-open
OPTIONS ?=
# Tests at a time: many of them wait for a program, so that three keep two cores busy.
WORKERS ?= 3

bin := $(VENV)/bin
ready := $(VENV)/.set-up

.PHONY: demo test soak mutants check coverage bench catalogue pictures

# Opens the demo estate in the terminal, with a headquarters of its own while it runs.
demo: $(ready)
	@$(bin)/butler demo --hq $(OPTIONS)

test: $(ready)
	@$(bin)/pytest -q -n $(WORKERS) $(OPTIONS)

# What takes too long for every day: thousands of cut connections, every hostile name.
soak: $(ready)
	@$(bin)/pytest -q -n $(WORKERS) -m soak $(OPTIONS)

# Breaks rules of synchronising in copies of the sources, one at a time: the state machine must notice each.
mutants: $(ready)
	@$(bin)/python -m tools.mutants $(OPTIONS)

# What CI runs: format, lint, types, layers, tests.
check: $(ready)
	$(bin)/ruff format --check
	$(bin)/ruff check
	$(bin)/mypy
	$(bin)/lint-imports
	$(bin)/pytest -q -n $(WORKERS) $(OPTIONS)

# The tests again, counting the lines that they reach: not for every day, since it takes them nearly twice as long.
coverage: $(ready)
	$(bin)/pytest -q -n $(WORKERS) --cov --cov-report=term:skip-covered $(OPTIONS)

# A table of ratios, each beside its plain baseline from the same run.
bench: $(ready)
	@$(bin)/python -m bench $(OPTIONS)

# After a change of words: reads the sources, names what has no Chinese yet, compiles.
catalogue: $(ready)
	@$(bin)/python tools/catalogue.py update && $(bin)/python tools/catalogue.py compile

# After a change of screens: draws the pictures of both READMEs.
pictures: $(ready)
	@$(bin)/python tools/pictures.py

$(ready): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'butler-tui needs Python 3.11 or later: install python3.11, or name yours with make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo 'This Python has no venv module: install it first (Debian and Ubuntu: apt install python3.11-venv).' >&2; exit 1; }
	@test -x $(bin)/pip || $(PYTHON) -m venv $(VENV)
	@echo 'Setting up in $(VENV), once ...' >&2
	@$(bin)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(ready)
