#!/usr/bin/env bash
# Makes .venv from the hashed lock. Run by make; safe to run again. PYTHON chooses another interpreter.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"

"$python" - <<'CHECK' || exit 1
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"The broker needs Python 3.11, 3.12 or 3.13; {sys.executable} is {sys.version.split()[0]}. "
             "Name another with: make PYTHON=python3.12 ...")
CHECK

echo "Setting up .venv (once; about half a minute) ..."
"$python" -m venv .venv
if .venv/bin/pip install --quiet --disable-pip-version-check "uv==0.13.9" 2>/dev/null; then
    # VIRTUAL_ENV names the environment that uv fills.
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --require-hashes -r requirements.lock
else
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
fi
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
touch .venv/.complete
