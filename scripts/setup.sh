#!/usr/bin/env bash
# Installs missing dependencies into target/. A second run does nothing.
#
#   scripts/setup.sh            dependencies of the program
#   scripts/setup.sh test       also those of the tests
#   scripts/setup.sh check      also those of `make check`
#   scripts/setup.sh book       only mdBook, for `make book`
#   scripts/setup.sh wheel      only maturin, which builds the Python package
#   scripts/setup.sh native     only LiveKit's native core, for packages and container images
set -euo pipefail
cd "$(dirname "$0")/.."

core_version=1.2.0 # version of LiveKit's Python package, which contains native core 0.13.2
server_version=v1.13.5
deny_version=0.20.2
machete_version=0.9.2
maturin_version=1.16.0
mdbook_version=0.5.4
everything_version=2026.8.31 # an MCP server used by tests

say() { printf 'setup: %s\n' "$*" >&2; }
missing=0
need() { # need COMMAND HOW
    command -v "$1" >/dev/null 2>&1 || { say "$1 is missing: $2"; missing=1; }
}

need cargo "install Rust 1.88 or newer from https://rustup.rs"
need cc "install a C compiler; on Debian: apt-get install gcc libc6-dev"
need python3 "install Python 3; on Debian: apt-get install python3 python3-pip"
need sha256sum "install coreutils"
case "${1:-}" in
    native | wheel | book) ;;
    *) command -v livekit-server >/dev/null 2>&1 || need go "install Go 1.26 or newer from https://go.dev/dl, or put livekit-server on PATH" ;;
esac
[ "${1:-}" != test ] || need npm "install Node.js 20 or newer from https://nodejs.org"
[ "$missing" = 0 ] || exit 1

# Runs a command up to three times, with a growing delay, to survive network failures.
again() { # again COMMAND...
    local try
    for try in 1 2; do
        "$@" && return
        say "the command failed; retrying in $((try * 5)) s"
        sleep $((try * 5))
    done
    "$@"
}

need_pip() {
    python3 -m pip --version >/dev/null 2>&1 || { say "pip is missing: install it; on Debian: apt-get install python3-pip"; exit 1; }
}

native_core() {
    local stamp=target/native/.livekit-$core_version platform sum wheel
    [ -e "$stamp" ] && return
    case "$(uname -sm)" in
        "Linux x86_64") platform=x86_64 sum=9eae2fbf857e0af2516eb03f5285eb5edf0ea0b1aa238268291ccb1a7e11d4d4 ;;
        "Linux aarch64") platform=aarch64 sum=d6279a25ca7b25667908dc43fbc69374f84fa63b7fc857639483a7a3a3850070 ;;
        *) say "no prebuilt native core for $(uname -sm): build with --no-default-features --features static"; exit 1 ;;
    esac
    need_pip
    say "fetching LiveKit's native core (livekit $core_version, 12 MB)"
    rm -rf target/native
    mkdir -p target/native
    again python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --platform "manylinux_2_28_$platform" --dest target/native "livekit==$core_version"
    wheel=$(echo target/native/livekit-*.whl)
    echo "$sum  $wheel" | sha256sum --check --quiet - >/dev/null || { say "rejected $wheel: its SHA-256 checksum does not match the pinned one"; rm -f "$wheel"; exit 1; }
    python3 - "$wheel" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in ("liblivekit_ffi.so", "LICENSE.md"):
        with open("target/native/" + name, "wb") as out:
            out.write(wheel.read("livekit/rtc/resources/" + name))
PY
    python3 scripts/native-schema.py "$wheel" target/native/schema.binpb
    cmp -s target/native/schema.binpb crates/livekit-dylib/schema.binpb || { say "the messages of livekit $core_version are not those of crates/livekit-dylib/schema.binpb: copy target/native/schema.binpb over it"; exit 1; }
    rm -f "$wheel"
    touch "$stamp"
}

livekit_server() {
    command -v livekit-server >/dev/null 2>&1 && return
    [ -x target/tools/livekit-server ] && return
    say "building livekit-server $server_version (about 2 minutes)"
    mkdir -p target/tools
    GOBIN="$PWD/target/tools" again go install "github.com/livekit/livekit-server/cmd/server@$server_version"
    mv target/tools/server target/tools/livekit-server
}

cargo_tool() { # cargo_tool NAME VERSION [FLAG]...
    local name=$1 version=$2
    command -v "$name" >/dev/null 2>&1 && return
    [ -x "target/tools/bin/$name" ] && return
    say "building $name $version (about 1 minute)"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
        again cargo install --quiet --locked --root target/tools "${@:3}" "$name@$version"
}

maturin() {
    local into=target/tools/wheel stamp=target/tools/wheel/.maturin-$maturin_version
    [ -e "$stamp" ] && return
    need_pip
    say "fetching maturin $maturin_version (10 MB)"
    rm -rf "$into"
    PIP_ROOT_USER_ACTION=ignore again python3 -m pip install --quiet --disable-pip-version-check \
        --only-binary :all: --target "$into" "maturin==$maturin_version"
    touch "$stamp"
}

mcp_server() {
    local stamp=target/tools/mcp/.everything-$everything_version
    [ -e "$stamp" ] && return
    say "fetching an MCP server for tests (server-everything $everything_version, 32 MB)"
    mkdir -p target/tools/mcp
    again npm install --prefix target/tools/mcp --ignore-scripts --no-audit --no-fund --loglevel=error \
        "@modelcontextprotocol/server-everything@$everything_version" >&2
    touch "$stamp"
}

npm_folder() { # npm_folder LOCKED INTO WHAT
    local stamp=$2/.package-lock.json
    cmp -s "$1/package-lock.json" "$stamp" && return
    say "fetching $3"
    mkdir -p "$2"
    cp "$1/package.json" "$1/package-lock.json" "$2"
    again npm ci --silent --no-audit --no-fund --ignore-scripts --prefix "$2"
    mv "$2/package-lock.json" "$stamp"
}

python_client() {
    local locked=tests/e2e/clients/requirements.txt into=target/tools/clients/python version
    version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    cmp -s "$locked" "$into/.requirements-$version.txt" && return
    case "$version" in
        3.11 | 3.12 | 3.13 | 3.14) ;;
        *) say "found Python $version, but the tests need 3.11 to 3.14: put one of these first on PATH"; exit 1 ;;
    esac
    need_pip
    say "fetching LiveKit's Python SDK (106 MB unpacked)"
    rm -rf "$into"
    PIP_ROOT_USER_ACTION=ignore again python3 -m pip install --quiet --disable-pip-version-check \
        --require-hashes --only-binary :all: --target "$into" --requirement "$locked"
    cp "$locked" "$into/.requirements-$version.txt"
}

need_cmake() { # builds libopus for the packages that the program does not use yet
    type -P cmake >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing CMake"
        again apt-get update -qq
        DEBIAN_FRONTEND=noninteractive again apt-get install -y -qq --no-install-recommends cmake make >/dev/null
        return
    fi
    say "CMake is missing: install it; on Debian: apt-get install cmake"
    exit 1
}

browser() { # for testing the web page
    [ -z "${CHROMIUM:-}" ] || return 0
    command -v chromium >/dev/null 2>&1 && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing Chromium (about 2 minutes)"
        again apt-get update -qq
        DEBIAN_FRONTEND=noninteractive again apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null
        return
    fi
    say "Chromium is missing: install it (on Debian: apt-get install chromium), or set CHROMIUM to its path"
    exit 1
}

if [ "${1:-}" = book ]; then
    cargo_tool mdbook "$mdbook_version" --no-default-features
    exit
fi
if [ "${1:-}" = wheel ]; then maturin; exit; fi
native_core
if [ "${1:-}" = native ]; then exit; fi
livekit_server
case "${1:-}" in test | check) need_cmake ;; esac
if [ "${1:-}" = test ]; then
    mcp_server
    npm_folder tests/e2e/receiver target/tools/webhooks "the Standard Webhooks library for JavaScript"
    npm_folder tests/e2e/clients target/tools/clients/node "LiveKit's Node.js SDK (34 MB unpacked)"
    python_client
    browser
fi
if [ "${1:-}" = check ]; then
    cargo_tool cargo-deny "$deny_version"
    cargo_tool cargo-machete "$machete_version"
    cargo_tool mdbook "$mdbook_version" --no-default-features
fi
