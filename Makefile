# Two commands: `make demo` shows what it does, `make test` proves it. Both set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INPUT ?=

.PHONY: demo test check bench bench-quality bench-pipeline bench-keyframes readme clean

demo: $(VENV)/installed-demo  ## run the command on a real clip (or INPUT=my.mp4) and say where the results are
	$(BIN)/python examples/demo.py $(if $(INPUT),"$(INPUT)")

test: $(VENV)/installed-test  ## everything the tests need, torch included, and the tests
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-test  ## benchmarks of the kernels
	$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only

bench-quality: $(VENV)/installed-test  ## methods judged against ground truth; writes docs/quality.md (STRIPS=dir for pictures)
	$(BIN)/python -m benchmarks.quality --jobs 2 --data osvos,deeplab,synthetic-like,synthetic \
		--methods gaussian,median,ema,motion,motion:lookahead=2,motion:lookahead=0,frozen,truth \
		--out docs/quality.md $(if $(STRIPS),--strips "$(STRIPS)")

bench-pipeline: $(VENV)/installed-test  ## the command against its parts and against OpenCV; peak memory by length; its part of docs/benchmarks.md
	$(BIN)/python -m benchmarks.pipeline --out docs/benchmarks.md

bench-keyframes: $(VENV)/installed-test  ## J by interval of --every, on the test material; the table in docs/keyframes.md
	$(BIN)/python -m benchmarks.keyframes --out docs/keyframes.md

readme: $(VENV)/installed-test  ## refresh what in the README is printed by commands
	$(BIN)/python docs/refresh.py

clean:
	rm -rf $(VENV) demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed-%: pyproject.toml | $(VENV)/bin/python
	$(PIP) -e ".[$*]"
	@touch $@
