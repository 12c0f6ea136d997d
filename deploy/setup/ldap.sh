#!/usr/bin/env bash
# Installs what the tests ask LDAP with: a slapd (its programs only, no service), and bonsai, which is built here
# against OpenLDAP's library. Run by `make test`; safe to run again.
# Only root on a Debian can install packages: elsewhere the tests that need them fail and say what to install.
set -euo pipefail
cd "$(dirname "$0")/../.."
packages=(slapd libldap-dev libsasl2-dev gcc libc6-dev)

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install() {
    # slapd's package would start a service, and ask for a password.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$@" >/dev/null
    rm --force /usr/sbin/policy-rc.d
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && [ "$(id -u)" -eq 0 ]; then
    wanted=()
    for package in "${packages[@]}"; do installed "$package" || wanted+=("$package"); done
    if [ "${#wanted[@]}" -gt 0 ]; then
        echo "Installing LDAP for the tests: ${wanted[*]} ..."
        install "${wanted[@]}" 2>/dev/null || { apt-get update --quiet=2 >/dev/null && install "${wanted[@]}"; } ||
            echo "They could not be installed: the tests that need them will fail."
    fi
fi
.venv/bin/python -c "import bonsai" 2>/dev/null && exit 0
echo "Building bonsai for the tests ..."
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ldap.lock ||
    echo "It could not be built: the tests of LDAP will fail. It needs libldap-dev, libsasl2-dev and gcc."
