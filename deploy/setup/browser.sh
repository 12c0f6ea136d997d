#!/usr/bin/env bash
# Installs what the pages are tested with: Debian's Chromium, a font as wide as Arial, and axe-core. Run by `make test`;
# safe to run again. Only root on a Debian can install packages: elsewhere the tests fail and say what to install.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=(chromium fonts-liberation)

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$@" >/dev/null
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && [ "$(id -u)" -eq 0 ]; then
    wanted=()
    for package in "${packages[@]}"; do installed "$package" || wanted+=("$package"); done
    if [ "${#wanted[@]}" -gt 0 ]; then
        echo "Installing a browser for the tests: ${wanted[*]} ..."
        install "${wanted[@]}" 2>/dev/null || { apt-get update --quiet=2 >/dev/null && install "${wanted[@]}"; } ||
            echo "It could not be installed: the tests of the pages will fail."
    fi
fi
deploy/setup/node.sh || echo "axe-core could not be installed: the tests of the pages will fail."
