#!/bin/sh
# Starts coturn as a relay of a house. Settings come from the environment:
#
#   TURN_SECRET_FILE   a file with the secret that the house has as turn.secret
#   MEDIA_ADDRESSES    addresses of the media node (sfu.advertise), apart by spaces
#   TURN_ADDRESS       the address of this machine to listen at   [every one]
#   TURN_EXTERNAL      what the world calls it, when that differs  [none]
#   TURN_PORT          for UDP and TCP   [3478]
#   TURN_TLS_PORT      for TLS           [443]
#   TURN_CERT, TURN_KEY   PEM files; without them there is no TLS
#   TURN_STATE         a folder to write in   [/tmp]
set -eu

here=$(dirname "$0")
config="${TURN_STATE:-/tmp}/turnserver.conf"
: "${TURN_SECRET_FILE:?}" "${MEDIA_ADDRESSES:?}"

# The secret stands in a file of its own reader, not on the command line.
umask 077
{
    cat "$here/turnserver.conf"
    echo "static-auth-secret=$(cat "$TURN_SECRET_FILE")"
    echo "listening-port=${TURN_PORT:-3478}"
    echo "tls-listening-port=${TURN_TLS_PORT:-443}"
    echo "pidfile=${TURN_STATE:-/tmp}/turnserver.pid"
    echo "userdb=${TURN_STATE:-/tmp}/turndb"
    if [ -n "${TURN_ADDRESS:-}" ]; then
        echo "listening-ip=$TURN_ADDRESS"
        echo "relay-ip=$TURN_ADDRESS"
    fi
    if [ -n "${TURN_EXTERNAL:-}" ]; then echo "external-ip=$TURN_EXTERNAL"; fi
    for address in $MEDIA_ADDRESSES; do echo "allowed-peer-ip=$address"; done
    if [ -n "${TURN_CERT:-}" ]; then
        echo "cert=$TURN_CERT"
        echo "pkey=${TURN_KEY:?}"
    else
        echo no-tls
    fi
} >"$config"

exec turnserver -c "$config"
