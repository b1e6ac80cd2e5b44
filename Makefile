# `make demo` and `make test` need only Python 3.10+ and make; everything goes into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-servers ray lint check tables report docs gpu gpu-rows clean

demo: .venv/installed
	$(BIN)/bench run --methods ideal,noise,noise:blobs --dataset digits --budget 1k,2k,5k \
		--seeds 0 --results results/demo --device cpu
	@echo
	$(BIN)/bench table --results results/demo
	$(BIN)/bench curve --results results/demo -o results/demo/curve.png

test: .venv/installed
	$(BIN)/python -m pytest -n auto

# A Ray cluster of three nodes on this machine, one of which is killed: a job of its own.
ray: .venv/installed
	$(BIN)/pip install --disable-pip-version-check -e .[ray]
	$(BIN)/python -m pytest -m ray

# The client against LitServe, KServe and MLflow, the server against clients of Triton and MLflow:
# a job of its own, with an environment for each (about 1.2 GB).
SERVERS ?= .venv-servers
test-servers: .venv/installed $(SERVERS)/installed
	BENCH_SERVERS=$(SERVERS) $(BIN)/python -m pytest -n 0 -m servers

$(SERVERS)/installed: Makefile
	set -e; for one in litserve=litserve kserve=kserve mlflow=mlflow-skinny,uvicorn,fastapi,pandas,scipy \
		clients=tritonclient[http]; do \
		$(PYTHON) -m venv $(SERVERS)/$${one%%=*}; \
		$(SERVERS)/$${one%%=*}/bin/pip install --disable-pip-version-check -q \
			$$(echo $${one#*=} | tr , " "); done
	@touch $@

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy

# Does any method give other numbers than those committed? About seven minutes on two cores.
check: .venv/installed
	$(BIN)/bench check --jobs auto

# Everything in the repository that is made from the committed rows; tests fail where it is stale.
tables: .venv/installed
	$(BIN)/python -m benchmark.cli.documents results/documents.json

# All rows as one HTML page that loads nothing: results/report/index.html.
report: .venv/installed
	$(BIN)/bench report

# The documentation as a site: site/index.html. Its packages are the extra [docs].
docs: .venv/documented
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "wrote site/index.html"

# What only a machine with a GPU can measure; BENCH_DATA must hold MNIST and CIFAR-10. With the images
# as a folder: CIFAR=folder:PATH; without a .venv: make -o .venv/installed gpu BENCH="python3 -m benchmark"
BENCH ?= $(BIN)/bench
CIFAR ?= cifar10
LATER ?= 9m

gpu: .venv/installed
	$(BENCH) profile ideal --dataset mnist --device cuda
	$(BENCH) profile ideal --dataset mnist --device cuda --graphs off --label "without graphs"
	$(BENCH) profile ideal --dataset mnist --device cuda --amp off --label "without bfloat16"
	time $(BENCH) teacher train --dataset $(CIFAR) --architecture resnet18 --device cuda
	$(BENCH) profile ideal --dataset $(CIFAR) --teacher resnet34 --student resnet18 --budget 250k \
		--device cuda --insert docs/speed.md

# Stops after LATER with everything saved; the same command goes on. Small nets share a card by NVIDIA's
# multi-process service, where it is there.
METHODS ?= ideal,noise:blobs,drawn
gpu-rows: .venv/installed
	-nvidia-cuda-mps-control -d
	$(BENCH) run --methods all --dataset mnist --budget 25k --device cuda --jobs auto \
		--stop-after $(LATER)
	$(BENCH) run --methods $(METHODS) --dataset $(CIFAR) --teacher resnet34 --student resnet18 \
		--budget 50k,250k --device cuda --jobs auto --stop-after $(LATER)

.venv/installed: setup.cfg pyproject.toml
	@echo "Installing into .venv: about 6 GB on Linux, where PyTorch brings CUDA."
	@echo "It takes minutes, by the network. pip says what it does; its last line"
	@echo "stands for a minute or two."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -e .[test]
	@touch $@
	@echo "Installed."

.venv/documented: .venv/installed
	$(BIN)/pip install --disable-pip-version-check -e .[docs]
	@touch $@

clean:
	rm -rf .venv build dist site *.egg-info results/demo results/report
