#!/usr/bin/env bash
# Builds and fetches what a demo needs, then runs it.
#
#   scripts/demo.sh [ARGUMENTS]     arguments of `parlor demo`, such as --web
set -euo pipefail
cd "$(dirname "$0")/.."
logs=target/demo-setup
mkdir -p "$logs"
[ -t 2 ] && is_terminal=1 || is_terminal=
declare -A pids=() state=()
names=()

start() { # start NAME COMMAND...
    local name=$1
    shift
    names+=("$name")
    state[$name]=running
    "$@" >"$logs/$name.log" 2>&1 &
    pids[$name]=$!
}

# Ctrl-C ends what was started.
trap 'kill "${pids[@]}" 2>/dev/null; exit 130' INT TERM

status() { # status NAME: how far it is
    case "$1" in
        parlor) printf 'building parlor (%d crates compiled)' "$(grep -c Compiling "$logs/parlor.log" || true)" ;;
        livekit-server) printf 'native core and livekit-server' ;;
        page) printf 'building the web page' ;;
    esac
}

wait_for_all() {
    local name line ticks=0 running
    while :; do
        running=() line=
        for name in "${names[@]}"; do
            [ "${state[$name]}" = running ] || continue
            if kill -0 "${pids[$name]}" 2>/dev/null; then
                running+=("$name")
                line+="${line:+, }$(status "$name")"
            elif wait "${pids[$name]}"; then
                state[$name]=done
                [ -z "$is_terminal" ] || printf '\r\033[K' >&2
                printf 'demo: %s: ready after %d s\n' "$name" "$SECONDS" >&2
            else
                [ -z "$is_terminal" ] || printf '\r\033[K' >&2
                printf 'demo: %s failed:\n' "$name" >&2
                tail -n 40 "$logs/$name.log" >&2
                kill "${pids[@]}" 2>/dev/null || true
                exit 1
            fi
        done
        [ ${#running[@]} -gt 0 ] || break
        if [ -n "$is_terminal" ]; then
            printf '\r\033[Kdemo: %s, %d s' "$line" "$SECONDS" >&2
        elif [ $((ticks % 75)) = 74 ]; then
            printf 'demo: %s, %d s\n' "$line" "$SECONDS" >&2
        fi
        ticks=$((ticks + 1))
        sleep 0.2
    done
    names=()
}

case " $* " in
    *" --web "*)
        start page make --no-print-directory web
        wait_for_all
        ;;
esac
start livekit-server scripts/setup.sh
start parlor "${CARGO:-cargo}" build --profile demo --locked
wait_for_all
exec target/demo/parlor demo "$@"
