# make run         the whole product on this machine, with stand-ins for the outside systems; Ctrl-C ends it
# make run ONCE=1  the same, ends after the report; its exit code says whether the night was right
# make test | test-long | test-pages | histories | check | bench | performance | profile | constraints | wheel | release VERSION=1.2.3 | clean

.PHONY: run test test-long test-pages histories check bench performance profile setup-bench constraints wheel release clean setup chromium
PYTHON_OF_VENV := .venv/bin/python

run: setup
	@$(PYTHON_OF_VENV) -m etl demo $(if $(ONCE),--once)

test: setup
	$(PYTHON_OF_VENV) -m pytest -n auto --dist worksteal -m "not long" $(ARGS)

# What takes its time (the pages in a real Airflow among it), and the property tests once more with all their examples.
test-long: setup chromium
	$(PYTHON_OF_VENV) -m pytest -n auto --dist worksteal -m "(long or hypothesis) and not browser" --hypothesis-profile=thorough $(ARGS)

# The pages in Chromium; CHROMIUM names another one than that of the path.
test-pages: setup chromium
	$(PYTHON_OF_VENV) -m pytest -n 2 --dist loadfile -m browser tests/browser $(ARGS)

# Random histories of a Moodle site beyond those of the tests: make histories N=3000 SEED=1
histories: setup
	HISTORIES=$(or $(N),1000) $(PYTHON_OF_VENV) -m pytest -n auto --dist worksteal tests/model \
		--hypothesis-profile=searching $(if $(SEED),--hypothesis-seed=$(SEED)) $(ARGS)

check: setup
	$(PYTHON_OF_VENV) -m ruff check
	$(PYTHON_OF_VENV) -m ruff format --check
	$(PYTHON_OF_VENV) -m mypy
	.venv/bin/lint-imports
	$(PYTHON_OF_VENV) tools/constraints.py --check
	$(PYTHON_OF_VENV) -m etl docs dictionary --check
	$(PYTHON_OF_VENV) -m etl docs connectors --check
	$(PYTHON_OF_VENV) -m etl docs reference-files --check
	$(PYTHON_OF_VENV) -m etl docs settings --check

bench: setup
	$(PYTHON_OF_VENV) -m tests.benchmarks $(ARGS)

# The same, and docs/performance.md from it.
performance: setup-bench
	$(PYTHON_OF_VENV) -m tests.benchmarks --page $(ARGS)

# Where a night's time goes, to docs/performance-profile.md; ARGS=40 for a site of so many courses.
profile: setup-bench
	$(PYTHON_OF_VENV) -m tests.benchmarks.profile $(ARGS)

# dlt, beside which it is measured, and the sampler have an environment of their own.
setup-bench: setup
	$(PYTHON_OF_VENV) -m uv venv --quiet --allow-existing --python $(PYTHON_OF_VENV) .state/bench/venv
	$(PYTHON_OF_VENV) -m uv pip install --quiet --python .state/bench/venv -r tests/benchmarks/requirements.txt \
		-c constraints.txt

constraints: setup
	$(PYTHON_OF_VENV) tools/constraints.py $(if $(UPGRADE),--upgrade)

release: setup
	@$(PYTHON_OF_VENV) tools/release.py "$(VERSION)"

wheel: setup
	@$(PYTHON_OF_VENV) tools/release.py --wheel

clean:
	@if [ -x $(PYTHON_OF_VENV) ]; then $(PYTHON_OF_VENV) -m etl demo --clean; \
	elif [ -L .state/postgres ]; then rm -rf "$$(readlink .state/postgres)"; fi
	rm -rf .venv .state

setup:
	@tools/setup

chromium:
	@command -v "$${CHROMIUM:-chromium}" > /dev/null || \
		{ echo "Chromium is needed to test the pages: apt-get install chromium, or say where it is: CHROMIUM=/path" >&2; exit 1; }
