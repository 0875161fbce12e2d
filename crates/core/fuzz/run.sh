#!/usr/bin/env bash
# Runs the fuzzers one after the other, each for SECONDS: run.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "$0")"

seconds=$1
shift
./seeds.sh
targets=("$@")
if [ $# -eq 0 ]; then
    mapfile -t targets < <(cargo +nightly fuzz list --fuzz-dir .)
fi
for target in "${targets[@]}"; do
    features=()
    if [ "$target" = agent_toml ]; then
        features=(--features agent)
    fi
    # No sanitizer: there is no `unsafe` code.
    cargo +nightly fuzz run --fuzz-dir . -s none "${features[@]}" "$target" -- \
        -max_total_time="$seconds" -print_final_stats=1
done
