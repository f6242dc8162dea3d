#!/bin/sh
# Runs every fuzz target for a while. Usage: fuzz.sh [SECONDS EACH] [SEED]
# The same seed tries the same inputs, so that a run of CI says something about the change that it
# tests; seed 0 is another one each time, for those who search.
set -eu

seconds=${1:-20}
seed=${2:-1}
cd "$(dirname "$0")/../sfu"
# The pinned stable compiler, with the sanitizer that cargo-fuzz wants unlocked.
export RUSTC_BOOTSTRAP=1

if ! cargo fuzz --version >/dev/null 2>&1; then
    # Built by the same toolchain, but not with the workspace's flags.
    (cd / && cargo install --quiet --locked cargo-fuzz)
fi
targets=$(cargo fuzz list)
[ -n "$targets" ] || { echo "no fuzz targets" >&2; exit 1; }
for target in $targets; do
    # New inputs go to the corpus, which is not committed; the seeds are.
    seeds=fuzz/seeds/$target
    # Offers of real clients are the fixtures of the unit tests as well.
    [ "$target" != sdp_offer ] || seeds=src/sdp/fixtures
    mkdir -p "fuzz/corpus/$target"
    cargo fuzz run "$target" "fuzz/corpus/$target" "$seeds" -- \
        -seed="$seed" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
