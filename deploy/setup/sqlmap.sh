#!/usr/bin/env bash
# Installs sqlmap, with which the tests attack the broker. Run by `make test`; safe to run again.
# Only root on a Debian can: elsewhere nothing happens, and the tests that need it fail and say what to install.
set -euo pipefail

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends sqlmap >/dev/null
}

command -v sqlmap >/dev/null && exit 0
command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || exit 0

echo "Installing sqlmap for the tests ..."
install 2>/dev/null || { apt-get update --quiet=2 >/dev/null && install; } ||
    echo "It could not be installed: the tests that need it will fail."
