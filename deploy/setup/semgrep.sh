#!/usr/bin/env bash
# Makes .venv-semgrep: semgrep alone, which wants an older OpenTelemetry than ours. Run by make; safe to run again.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "Setting up .venv-semgrep (once; about half a minute) ..."
.venv/bin/python -m venv .venv-semgrep
VIRTUAL_ENV="$PWD/.venv-semgrep" .venv/bin/uv pip install --quiet --require-hashes -r requirements-semgrep.lock
touch .venv-semgrep/.complete
