#!/usr/bin/env bash
# Installs the ODBC drivers that the tests read databases with, and a MariaDB (its programs only, no service; making
# one needs a program of the client's). Microsoft's driver comes as a wheel, and needs libgssapi-krb5-2.
# Run by `make test`; safe to run again.
# Only root on a Debian can: elsewhere nothing happens, and the tests that need them fail and say what to install.
set -euo pipefail
packages=(unixodbc odbc-postgresql libsqliteodbc odbc-mariadb mariadb-server-core mariadb-client-core
    tdsodbc libgssapi-krb5-2)

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing() {
    for package in "${packages[@]}"; do
        installed "$package" || echo "$package"
    done
}

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$@" >/dev/null
}

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || exit 0
mapfile -t wanted < <(missing)
[ "${#wanted[@]}" -eq 0 ] && exit 0
[ "$(id -u)" -eq 0 ] || exit 0

echo "Installing ODBC drivers for the tests: ${wanted[*]} ..."
# A machine that has never asked has no list of packages yet.
install "${wanted[@]}" 2>/dev/null || { apt-get update --quiet=2 >/dev/null && install "${wanted[@]}"; } ||
    echo "They could not be installed: the tests that need them will fail."
