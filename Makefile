# Each target that installs does so in a virtual environment of its own, with the
# versions of a constraints file. torch==2.13.0 is the build for CPU where the index
# that pip uses offers that first; plain torch may bring gigabytes of CUDA libraries.
PYTHON ?= python3
NOTEBOOKS = notebooks/*.ipynb

# These run in several processes: more threads in each would only get in the way.
test test-oldest notebooks: export OMP_NUM_THREADS = 1
# Where a test asks for more, they wait asleep: there are more threads than cores.
test test-oldest: export OMP_WAIT_POLICY = PASSIVE
# Else each of their many processes would compile all of torch's Python once more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-oldest lint docs notebooks bench clean

demo: .venv-demo/installed
	mkdir -p out
	.venv-demo/bin/python -m skseq compare --csv out/compare.csv --plot out/compare.png > out/compare.txt
	cat out/compare.txt

test: lint
	.venv-test/bin/python -m pytest -n 2 --dist worksteal

# What must hold on the oldest versions that pyproject.toml claims. Networks of one kind
# meet scikit-learn in the same classes: one of each kind is enough.
test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python -m pytest -n 2 --dist worksteal tests/test_common.py \
	    -k "not RNN and not LSTM and not WaveNet"

lint: .venv-test/installed
	.venv-test/bin/ruff check
	.venv-test/bin/ruff format --check

# A warning is an error.
docs: .venv-test/installed
	.venv-test/bin/python -m sphinx -W --keep-going -q docs out/docs

# Run anew, two at a time; what they print and draw is kept in them, not when.
notebooks: .venv-test/installed
	echo $(NOTEBOOKS) | xargs -n 1 -P 2 \
	    .venv-test/bin/jupyter nbconvert --to notebook --execute --inplace \
	    --ExecutePreprocessor.record_timing=False

# Ratios, each measured side by side in one run: half an hour to more than an hour.
bench: .venv-test/installed .venv-peers/installed
	for name in overhead together one_pass step_time memory cluster time_to_accuracy; do \
	    .venv-test/bin/python -m tests.benchmarks.$$name; \
	done
	.venv-peers/bin/python -m tests.benchmarks.peers

clean:
	rm -rf .venv-demo .venv-test .venv-oldest .venv-peers out build dist docs/generated
	rm -rf .pytest_cache .ruff_cache .hypothesis skseq/networks/compiled/__pycache__

.venv-demo/installed: EXTRAS = demo
.venv-test/installed: EXTRAS = test,dev
.venv-peers/installed: EXTRAS = peers
.venv-oldest/installed: EXTRAS = test
CONSTRAINTS = constraints.txt
.venv-oldest/installed: CONSTRAINTS = constraints-oldest.txt

.venv-%/installed: pyproject.toml constraints.txt constraints-oldest.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --no-compile -c $(CONSTRAINTS) -e '.[$(EXTRAS)]'
	touch $@
