# `make demo` and `make test` need only Python 3.10+ and make; everything goes into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint check tables gpu gpu-rows clean

demo: .venv/installed
	$(BIN)/bench run --methods ideal,noise,noise:blobs --dataset digits --budget 1k,2k,5k \
		--seeds 0 --results results/demo --device cpu
	@echo
	$(BIN)/bench table --results results/demo
	$(BIN)/bench curve --results results/demo -o results/demo/curve.png

test: .venv/installed
	$(BIN)/python -m pytest -n auto

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Does any method give other numbers than those committed? Five to eight minutes.
check: .venv/installed
	$(BIN)/bench check

# Everything in the repository that is made from the committed rows; tests fail where it is stale.
tables: .venv/installed
	$(BIN)/bench table --dataset mnist --budget 25k --compare published --insert README.md
	$(BIN)/bench table --dataset mnist -o results/tables/mnist.md
	$(BIN)/bench table --dataset digits -o results/tables/digits.md
	$(BIN)/bench table --dataset folder:cifar10_jpg -o results/tables/cifar10-jpeg.md
	$(BIN)/bench table --tuning -o results/tables/tuning.md
	$(BIN)/bench tune --list -o results/tables/tuned.md
	$(BIN)/bench table --queries -o results/tables/queries.md
	$(BIN)/bench table --preset table2 --compare published -o results/tables/table2.md
	$(BIN)/bench table --cost -o results/tables/cost.md
	$(BIN)/bench table --home-turf -o results/tables/home-turf.md
	$(BIN)/bench table --parts -o results/tables/parts.md
	$(BIN)/bench list rounds > results/tables/rounds.md
	$(BIN)/bench curve --numbers -o results/tables/curves.md
	$(BIN)/bench curve --preset budgets -o results/figures/budgets.png
	$(BIN)/bench curve --setting "mnist: lenet to lenet" -o results/figures/mnist.png
	$(BIN)/bench curve --setting "digits: lenet to lenet" -o results/figures/digits.png
	$(BIN)/bench samples --preset fig4 -o results/figures/samples.png
	$(BIN)/bench samples --preset fig4 --features -o results/figures/features.png
	$(BIN)/bench profile --insert README.md
	$(BIN)/bench report

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
		--device cuda --insert README.md

# Stops after LATER with everything saved; the same command goes on.
gpu-rows: .venv/installed
	$(BENCH) run --methods ideal,noise:blobs --dataset $(CIFAR) --teacher resnet34 \
		--student resnet18 --budget 250k --device cuda --stop-after $(LATER)
	$(BENCH) run --methods all --dataset mnist --budget 25k --device cuda --stop-after $(LATER)

.venv/installed: setup.cfg pyproject.toml
	@echo "Installing into .venv: about 6 GB on Linux, where PyTorch brings CUDA."
	@echo "It takes minutes, by the network. pip says what it does; its last line"
	@echo "stands for a minute or two."
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -e .[test]
	@touch $@
	@echo "Installed."

clean:
	rm -rf .venv build dist *.egg-info results/demo
