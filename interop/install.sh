#!/bin/sh
# Installs other people's clients where they disturb nobody: Python's into an environment of their
# own under target/interop, Node's beside their program, the Rust one compiled under target/interop
# (left out with --quick), Debian's GStreamer from packages.
set -eu
cd "$(dirname "$0")"
built=${RAMPA_INTEROP:-../target/interop}
mkdir -p "$built"

packages="gstreamer1.0-nice gstreamer1.0-plugins-bad gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good gir1.2-gst-plugins-bad-1.0 python3-gst-1.0 python3-venv"
missing=
for package in $packages; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing="$missing $package"
    fi
done
if [ -n "$missing" ]; then
    echo "installing:$missing" >&2
    sudo=
    if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y update </dev/null
    # The list is split into words on purpose.
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y install $missing </dev/null
fi

# Again when what is wanted has changed.
if ! cmp -s python/requirements.txt "$built/venv/requirements.txt"; then
    rm -rf "$built/venv"
    /usr/bin/python3 -m venv "$built/venv"
    "$built/venv/bin/pip" install -q -r python/requirements.txt
    cp python/requirements.txt "$built/venv/requirements.txt"
fi

(cd werift && npm ci --silent)

if [ "${1:-}" != --quick ]; then
    cargo build --locked --manifest-path rust/Cargo.toml --target-dir "$built/rust"
fi
