# Two commands: `make demo` shows what it does, `make test` proves it. Both set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INPUT ?=

.PHONY: demo test gst check bench bench-motion bench-quality bench-segment readme clean

demo: $(VENV)/installed-demo  ## run the command on a real clip (or INPUT=my.mp4) and say where the results are
	$(BIN)/python examples/demo.py $(if $(INPUT),"$(INPUT)")

test: $(VENV)/installed-test  ## everything the tests need, torch included, and the tests
	$(BIN)/python -m pytest

gst: $(VENV)/bin/python  ## let .venv see Debian's GStreamer bindings (python3-gst-1.0): docs/integrations.md
	@$(BIN)/python -c 'import gi' 2>/dev/null \
		|| ln -sfn /usr/lib/python3/dist-packages/gi "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/gi"
	@$(BIN)/python -c 'import gi; gi.require_version("GstVideo", "1.0")' \
		|| { echo "the bindings are those of Debian's own Python: make clean, then make gst PYTHON=/usr/bin/python3"; exit 1; }

check: $(VENV)/installed-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-test  ## benchmarks of the kernels
	$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only

bench-motion: $(VENV)/installed-test  ## where the motion smoother's time goes
	$(BIN)/python -m benchmarks.motion_profile

bench-segment: $(VENV)/installed-test  ## segmentation's networks: speed, labels; refreshes docs/benchmarks_segment.md
	$(BIN)/python -m benchmarks.segment --out docs/benchmarks_segment.md

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
