# Two commands: `make demo` shows what it does, `make test` proves it. Both set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INPUT ?=

.PHONY: demo test gst check bench bench-quick bench-report bench-motion bench-quality bench-segment bench-pipeline bench-gate bench-keyframes bench-scale readme gallery clean

demo: $(VENV)/installed-demo  ## run the command on a real clip (or INPUT=my.mp4) and say where the results are
	$(BIN)/python examples/demo.py $(if $(INPUT),"$(INPUT)")

test: $(VENV)/installed-test  ## everything the tests need, torch included, and the tests
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

gst: $(VENV)/bin/python  ## let .venv see Debian's GStreamer bindings (python3-gst-1.0): docs/integrations.md
	@$(BIN)/python -c 'import gi' 2>/dev/null \
		|| ln -sfn /usr/lib/python3/dist-packages/gi "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/gi"
	@$(BIN)/python -c 'import gi; gi.require_version("GstVideo", "1.0")' \
		|| { echo "the bindings are those of Debian's own Python: make clean, then make gst PYTHON=/usr/bin/python3"; exit 1; }

check: $(VENV)/installed-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

BENCH := $(BIN)/python -m pytest benchmarks/kernels --benchmark-enable --benchmark-only --benchmark-group-by=group \
	--benchmark-columns=min,median,iqr,rounds

bench: $(VENV)/installed-bench  ## the kernels beside FFmpeg, VapourSynth, OpenCV, SciPy, NumPy, PyTorch: 10 to 20 minutes on a quiet machine (QUICK=1: a subset)
	$(BIN)/python -m benchmarks.kernels.peers.environment
	$(BENCH) $(if $(QUICK),--quick) --benchmark-json=benchmarks/results/kernels.json

bench-quick: $(VENV)/installed-bench  ## a subset of make bench in 3 minutes, printed and not kept
	$(BIN)/python -m benchmarks.kernels.peers.environment
	$(BENCH) --quick --benchmark-json=$(VENV)/quick.json
	$(BIN)/python -m benchmarks.kernels.report $(VENV)/quick.json

bench-report: $(VENV)/installed-bench  ## write what make bench saved into docs/benchmarks.md and README.md
	$(BIN)/python -m benchmarks.kernels.report --write

bench-motion: $(VENV)/installed-test  ## where the motion smoother's time goes
	$(BIN)/python -m benchmarks.motion_profile

bench-segment: $(VENV)/installed-test  ## segmentation's networks: speed, labels; refreshes docs/benchmarks_segment.md
	$(BIN)/python -m benchmarks.segment --out docs/benchmarks_segment.md

bench-quality: $(VENV)/installed-test  ## methods judged against ground truth; writes docs/quality.md (STRIPS=dir for pictures)
	$(BIN)/python -m benchmarks.quality --jobs 2 --data osvos,deeplab,synthetic-like,synthetic,failures,failures-like \
		--methods gaussian,median,ema,motion,motion:lookahead=2,motion:lookahead=0,frozen,truth \
		--out docs/quality.md $(if $(STRIPS),--strips "$(STRIPS)")

bench-pipeline: $(VENV)/installed-test  ## the command against its parts and against OpenCV; peak memory; its part of docs/benchmarks.md (QUICK=1: a part, printed and not kept)
	$(BIN)/python -m benchmarks.pipeline $(if $(QUICK),--sizes 480p --frames 60 --rounds 1 --memory 480p:selfie:motion:50,--out docs/benchmarks.md)

bench-gate: $(VENV)/installed-test  ## fail if the chain keeps neither a stage nor the cores busy
	$(BIN)/python -m benchmarks.pipeline --gate .85

bench-keyframes: $(VENV)/installed-test  ## J by interval of --every, on the test material; the table in docs/keyframes.md
	$(BIN)/python -m benchmarks.keyframes --out docs/keyframes.md

bench-scale: $(VENV)/installed-test  ## throughput against workers: a model, and runs with one and two; its part of docs/scale.md
	$(BIN)/python -m benchmarks.scale --out docs/scale.md

readme: $(VENV)/installed-test  ## refresh what in the README is printed by commands
	$(BIN)/python docs/refresh.py

gallery: $(VENV)/installed-test  ## make the pictures of docs/gallery.md and the README; needs chromium and chromium-driver
	$(BIN)/python docs/gallery.py

clean:
	rm -rf $(VENV) demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed-%: pyproject.toml | $(VENV)/bin/python
	$(PIP) -e ".[$*]"
	@touch $@
