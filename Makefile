# Two commands: `make demo` shows what it does, `make test` proves it. Both set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INPUT ?=

.PHONY: demo test check bench bench-quick bench-report bench-quality readme clean

demo: $(VENV)/installed-demo  ## run the command on a real clip (or INPUT=my.mp4) and say where the results are
	$(BIN)/python examples/demo.py $(if $(INPUT),"$(INPUT)")

test: $(VENV)/installed-test  ## everything the tests need, torch included, and the tests
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

BENCH := $(BIN)/python -m pytest benchmarks/kernels --benchmark-enable --benchmark-only --benchmark-group-by=group \
	--benchmark-columns=min,median,iqr,rounds

bench: $(VENV)/installed-bench  ## the kernels beside FFmpeg, VapourSynth, OpenCV, SciPy, NumPy, PyTorch: 20 minutes on a quiet machine
	$(BIN)/python -m benchmarks.kernels.peers.environment
	$(BENCH) --benchmark-json=benchmarks/results/kernels.json

bench-quick: $(VENV)/installed-bench  ## a subset of make bench in 3 minutes, printed and not kept
	$(BIN)/python -m benchmarks.kernels.peers.environment
	$(BENCH) --quick --benchmark-json=$(VENV)/quick.json
	$(BIN)/python -m benchmarks.kernels.report $(VENV)/quick.json

bench-report: $(VENV)/installed-bench  ## write what make bench saved into docs/benchmarks.md and README.md
	$(BIN)/python -m benchmarks.kernels.report --write

bench-quality: $(VENV)/installed-test  ## methods judged against ground truth; writes docs/quality.md (STRIPS=dir for pictures)
	$(BIN)/python -m benchmarks.quality --jobs 2 --data osvos,deeplab,synthetic-like,synthetic \
		--methods gaussian,median,ema,motion,motion:lookahead=2,motion:lookahead=0,frozen,truth \
		--out docs/quality.md $(if $(STRIPS),--strips "$(STRIPS)")

readme: $(VENV)/installed-test  ## refresh what in the README is printed by commands
	$(BIN)/python docs/refresh.py

clean:
	rm -rf $(VENV) demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed-%: pyproject.toml | $(VENV)/bin/python
	$(PIP) -e ".[$*]"
	@touch $@
