# Every command of the project. `make help` lists them.
SHELL := bash
.DEFAULT_GOAL := help
PYTHON ?= python3
IN := .venv/bin
READY := .venv/.complete
CODE := bench broker connectors policy consent_rules handwritten deploy tests

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(READY): requirements.lock deploy/setup/environment.sh pyproject.toml
	@PYTHON=$(PYTHON) deploy/setup/environment.sh

setup: $(READY) ## Make .venv from the hashed lock

demo: $(READY) ## Start a whole invented partnership and ask it (ONCE=1 ends by itself, SEED=n makes other people)
	@$(IN)/broker demo $(if $(ONCE),--once) $(if $(SEED),--seed $(SEED))

drivers: $(READY) .venv-semgrep/.complete
	@deploy/setup/odbc_drivers.sh
	@deploy/setup/ldap.sh
	@deploy/setup/sqlmap.sh
	@deploy/setup/browser.sh

test: drivers check ## Pass every test, on real databases and in a real browser
	@$(IN)/python -m pytest -n 2 --ignore tests/unit --ignore tests/browser
	@$(IN)/python -m pytest -n 2 tests/browser

check: $(READY) ## Style, types, import edges, fast tests (under 30 s)
	@$(IN)/ruff format --check $(CODE)
	@$(IN)/ruff check --no-cache $(CODE)
	@$(IN)/mypy
	@$(IN)/lint-imports
	@$(IN)/bandit --configfile pyproject.toml --quiet --recursive $(filter-out bench tests,$(CODE)) 2> >(grep -v "nosec encountered" >&2)
	@$(IN)/python -m pytest tests/unit -n 2

.venv-semgrep/.complete: requirements-semgrep.lock deploy/setup/semgrep.sh $(READY)
	@deploy/setup/semgrep.sh

semgrep: .venv-semgrep/.complete ## Look for what must not stand in the code (deploy/security/semgrep.yaml)
	@.venv-semgrep/bin/semgrep scan --config deploy/security/semgrep.yaml --error --quiet --metrics=off \
	  --disable-version-check --no-git-ignore $(filter-out bench tests,$(CODE))

security: drivers ## 100,000 cases, 50,000 tokens and strings, sqlmap: attacks on a running broker; writes tests/reports/security.json
	@$(IN)/python -m tests.security.campaign

faults: $(READY) ## Kill brokers, stop PostgreSQL, cut the power and fail every write and sync, under load: writes tests/reports/faults.json
	@FAULT_ROUNDS=100 $(IN)/python -m pytest tests/integration/audit/test_broker_survives_kill.py
	@LOG_KILLS=100 $(IN)/python -m pytest tests/integration/audit/test_audit_survives_kill.py
	@POSTGRES_STOPS=50 $(IN)/python -m pytest tests/integration/audit/test_postgresql_stops.py
	@DISK_FAULTS=all POWER_CUTS=500 $(IN)/python -m pytest tests/integration/audit/test_audit_disk_trials.py
	@$(IN)/python -m tests.integration.audit.faults_report

faults-page: $(READY) ## Write docs/reference/faults.md from the fault rig's tests
	@$(IN)/python -m tests.faults.page

fuzz: $(READY) ## Put a million questions to Cedar and to our engine, and write tests/reports/fuzz.json (QUESTIONS=n, SEED=n)
	@$(IN)/python -m tests.oracle.fuzz

tampers: $(READY) ## Tamper with a log in ten thousand ways, show each to three verifiers, and write tests/reports/tampers.json (COUNT=n, SEED=n)
	@$(IN)/python -m tests.oracle.tampers --count $(or $(COUNT),10000) $(if $(SEED),--seed $(SEED))

sbom: $(READY) ## Write the bill of materials (CycloneDX) and the list of licences to deploy/sbom/
	@$(IN)/python -m deploy.sbom.write

styles: $(READY) ## Compile the pages' style; what it makes is committed
	@deploy/setup/styles.sh

format: $(READY) ## Put the code into the house format
	@$(IN)/ruff format $(CODE)
	@$(IN)/ruff check --fix $(CODE)

bench: bench-query bench-connectors bench-matching bench-policy bench-watching bench-watching-cost bench-audit bench-fanout bench-security ## Print every benchmark

bench-query: $(READY) ## The whole flow against the ground truth (SEED=n, SCALE=people)
	@$(IN)/python -m bench.query

bench-connectors: drivers $(READY) ## What connectors find, cost and leave behind (SEED=n, CANCELS=questions)
	@$(IN)/python -m bench.connectors

bench-matching: .venv-bench/.complete ## Who is who: FEBRL, households, twins, errors, fairness, speed, beside Splink and recordlinkage (SEED=n)
	@.venv-bench/bin/python -m bench.matching

bench-policy: .venv-bench/.complete ## What a decision, loading and comparing policies cost, beside Cedar and Casbin (SEED=n)
	@.venv-bench/bin/python -m bench.policy

bench-watching: $(READY) ## What each watching rule finds in generated months of look-ups, and how often it is wrong (SEED=n)
	@$(IN)/python -m bench.watching

bench-watching-cost: $(READY) ## What a look at the log costs, of 2,500 and 10,000 queries, and how long others wait meanwhile
	@$(IN)/python -m bench.watching_cost

bench-audit: $(READY) ## Durable appends of the audit log at 64 callers beside a bare group commit, and a million entries verified (QUERIES=n, ROUNDS=n)
	@$(IN)/python -m bench.audit

bench-fanout: .venv-bench/.complete ## What a query costs beside a bare loop and postgres_fdw, by number of sources, under load and while half break (QUERIES=n, SEED=n)
	@.venv-bench/bin/python -m bench.fanout

bench-security: $(READY) ## What time tells of a withheld record, and a thousand slow clients (PAIRS=n, SEED=n)
	@$(IN)/python -m bench.security

.venv-bench/.complete: requirements.lock requirements-bench.lock deploy/setup/peers.sh $(READY)
	@deploy/setup/peers.sh

lock: $(READY) ## Renew requirements.lock (hashes, no registry address)
	@$(IN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal \
	  --python-version 3.11 --extra extract --extra odbc --extra demo --extra dev \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	@$(IN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal \
	  --python-version 3.11 --extra extract --extra odbc --constraint requirements.lock \
	  --custom-compile-command "make lock" pyproject.toml -o requirements-run.lock
	@$(IN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal \
	  --python-version 3.11 --extra bench --constraint requirements.lock \
	  --custom-compile-command "make lock" pyproject.toml -o requirements-bench.lock
	@$(IN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal --no-annotate \
	  --python-version 3.11 --custom-compile-command "make lock" -o requirements-ldap.lock - <<< "bonsai>=1.5.5,<2"
	@$(IN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --universal --no-annotate \
	  --python-version 3.11 --custom-compile-command "make lock" -o requirements-semgrep.lock - <<< "semgrep>=1.185,<2"

clean: ## Remove everything that make and the demo made
	@rm -rf .venv .venv-bench .venv-semgrep .state .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: bench bench-security security semgrep bench-audit bench-connectors bench-fanout bench-matching bench-policy bench-query bench-watching bench-watching-cost help setup demo drivers test check faults faults-page fuzz tampers styles format lock clean sbom
