#!/bin/sh
# Installs what the tests need and this machine lacks, from Debian's packages: two browsers, a
# database server, a relay, a firewall, a certificate tool. Says nothing when everything is there.
set -eu

missing=
need() { # need PACKAGE COMMAND...: the package, unless one of the commands is there
    package=$1
    shift
    for command in "$@"; do
        if command -v "$command" >/dev/null 2>&1; then return; fi
    done
    missing="$missing $package"
}

need build-essential cc
need chromium chromium
need firefox-esr firefox-esr
need openssl openssl
need util-linux setpriv nsenter
need iproute2 ip
need nftables nft /usr/sbin/nft
need coturn turnserver
# The server's programs are not on the path.
need postgresql /usr/lib/postgresql/*/bin/initdb initdb
# Pages in Russian and English need a font for their pictures.
if [ -z "$(find /usr/share/fonts -name '*.ttf' -print -quit 2>/dev/null)" ]; then
    missing="$missing fonts-dejavu-core"
fi
# Only for the comparison of make bench-sfu.
if [ -n "${WITH_JANUS:-}" ]; then
    need janus /usr/bin/janus
fi

[ -n "$missing" ] || exit 0
echo "installing:$missing" >&2

if ! command -v apt-get >/dev/null 2>&1; then
    echo "no apt-get here: install these yourself and try again" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "neither root nor sudo: as root, run: apt-get install$missing" >&2
        exit 1
    fi
    sudo=sudo
fi
apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null; }
apt update
# The list is split into words on purpose.
# shellcheck disable=SC2086
apt install --no-install-recommends $missing
