#!/usr/bin/env bash
# Makes .venv-bench: the project with the systems that matching is measured against. Run by make; safe to run again.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "Setting up .venv-bench with Splink, recordlinkage, pseudopeople, Cedar and Casbin (once; about a minute) ..."
.venv/bin/python -m venv .venv-bench
VIRTUAL_ENV="$PWD/.venv-bench" .venv/bin/uv pip install --quiet --require-hashes \
    -r requirements.lock -r requirements-bench.lock
VIRTUAL_ENV="$PWD/.venv-bench" .venv/bin/uv pip install --quiet --no-deps --no-build-isolation --no-index -e .
touch .venv-bench/.complete
