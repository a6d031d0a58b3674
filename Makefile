# Everything that is done here, from a fresh machine on: `make` lists it.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
# One more than two processors: some tests mostly wait, for brokers and for processes to end.
WORKERS ?= 3
ROUNDS ?= 40

.DEFAULT_GOAL := help
.PHONY: help install kafka browser secrets demo test check format bench screenshots soak clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | \
		while IFS="$$(printf '\t')" read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

install: .venv/installed ## set up .venv (done by itself; PYTHON=python3.12 chooses another Python)

kafka: .venv/installed ## fetch Apache Kafka for the tests (Maven; done by itself)
	@$(BIN)/python -m tests.brokers

browser: .venv/installed ## fetch axe-core for the tests of pages (npm; done by itself)
	@$(BIN)/python -m tests.browsers

secrets: ## make the secrets that docker-compose.yml names, those that are missing, in secrets/, and signed/
	@umask 077 && mkdir -p secrets signed && cd secrets && random() { head -c 32 /dev/urandom | base64; } && \
	if [ ! -e keyring.json ]; then \
		printf '{"version": 1, "kek": "%s", "pepper": "%s"}\n' "$$(random)" "$$(random)" > keyring.json; fi && \
	for name in postgres_password grafana_password grafana_db_password; do \
		if [ ! -e $$name ]; then random | tr -d '+/=\n' > $$name; fi; done && \
	printf 'postgres:5432:*:toldonce:%s\n' "$$(cat postgres_password)" > pgpass

demo: .venv/installed ## the five stories, told once (ARGS=--no-serve: print the briefs and end)
	@$(BIN)/toldonce demo $(ARGS)

test: .venv/installed ## all tests (ARGS="tests/domain -k promise": some of them)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv/installed ## what CI checks: format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory test

format: .venv/installed ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed ## measure against yardsticks
	$(BIN)/python -m bench $(ARGS)

screenshots: .venv/installed ## take the pictures of docs/screenshots anew (Chromium)
	$(BIN)/python -m tests.screenshots

# In rounds, each with new databases: in one that has seen thousands of examples every next one
# takes longer. No round repeats another; 40 of them are 20,000 examples of each property.
soak: .venv/installed ## break it 900 times and more, then the properties in rounds of 500 (hours; ROUNDS=40)
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest tests/system/test_kills.py tests/system/test_breaking.py
	@for round in $$(seq $(ROUNDS)); do echo "round $$round of $(ROUNDS)"; \
		HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q --no-header -m hypothesis \
			-n $(WORKERS) --dist worksteal $(ARGS) || exit 1; done

clean: ## remove .venv and what the tools left
	rm -rf .venv .venv-library dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON): make PYTHON=… names another."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, this is $$($(PYTHON) -V): make PYTHON=… names another."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt pip
	@touch $@

# `--group` needs the pip that was installed above.
.venv/installed: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --build-constraint constraints.txt --group dev --editable .
	@touch $@
