#!/bin/sh
# make bench-sfu: the floor, the node and Janus beside each other, in a network of their own.
#
# Janus' ICE library leaves loopback addresses out, so the run has a network namespace with a
# pair of virtual interfaces; nothing leaves it, and it is gone with the run. Arguments go to the
# benchmark's `matrix` command (--help tells); with none, docs/PERFORMANCE.md gets the table.
set -eu

cargo=${CARGO:-cargo}
address=192.0.2.1
$cargo build --release --locked -p rampa
bench=$($cargo bench --locked -p sfu --bench forward --no-run --message-format short 2>&1 |
    sed -n 's/.*Executable.*(\(.*\)).*/\1/p' | tail -n 1)
[ -n "$bench" ] || { echo "the benchmark was not built" >&2; exit 1; }

commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
[ $# -gt 0 ] || set -- --document docs/PERFORMANCE.md
RAMPA_BIN=$PWD/target/release/rampa
export RAMPA_BIN

# shellcheck disable=SC2016 # expanded inside the namespace
exec unshare --map-root-user --net sh -ec '
    address=$1
    shift
    ip link set lo up
    ip link add house type veth peer name yard
    ip addr add "$address/24" dev house
    ip link set house up
    ip link set yard up
    exec "$@"
' sh "$address" "$bench" matrix --address "$address" --commit "$commit" "$@"
