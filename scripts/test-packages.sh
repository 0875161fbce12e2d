#!/usr/bin/env bash
# Builds the packages, installs each, and runs a call with the installed program. Needs Debian, root, and
# livekit-server on PATH or in target/tools. Run by `make test-packages`.
#
# PROFILE=demo, the default, builds the packages in the least time.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
ok() { printf 'ok: %s\n' "$*"; }
export PROFILE=${PROFILE:-demo}
[ "$(id -u)" = 0 ] || fail "dpkg needs root"
! dpkg-query -s parlor >/dev/null 2>&1 || fail "parlor is installed already: remove it with dpkg -P parlor"
work=$(mktemp -d)
cleanup() {
    ! dpkg-query -s parlor >/dev/null 2>&1 || dpkg -P parlor >/dev/null
    rm -rf "$work"
}
trap cleanup EXIT

# The program sees neither the settings nor the native core of this machine.
clean() { # clean COMMAND...: runs it in an empty folder
    mkdir -p "$work/home" "$work/here"
    touch "$work/here/.env"
    (cd "$work/here" && env -i PATH="$PATH" HOME="$work/home" "$@")
}

finding() { # finding PROGRAM: what `doctor` says about the native core
    { clean "$1" doctor --json || true; } | python3 -c '
import json, sys
(core,) = [it for it in json.load(sys.stdin)["findings"] if it["check"] == "native core"]
print("ok" if core["ok"] else "missing", core["what"])'
}

check() { # check NAME PROGRAM CORE: the program works, with the native core at a path that contains CORE
    local name=$1 program=$2 core=$3 found url server page
    [ "$(clean "$program" --version)" = "parlor $version" ] || fail "$name: wrong version"
    found=$(finding "$program")
    case "$found" in ok*"$core"*) ;; *) fail "$name: native core: $found" ;; esac
    clean timeout 120 "$program" demo --out heard.wav >"$work/demo.log" 2>&1 || { cat "$work/demo.log"; fail "$name: demo"; }
    grep -q '^call ended' "$work/demo.log" || { cat "$work/demo.log"; fail "$name: the call did not end"; }
    [ "$(stat -c %s "$work/here/heard.wav")" -gt 100000 ] || fail "$name: the caller heard nothing"
    clean env LIVEKIT_URL=ws://127.0.0.1:7880 LIVEKIT_API_KEY=key LIVEKIT_API_SECRET=secret \
        "$program" web --listen 127.0.0.1:0 >"$work/web.log" 2>&1 &
    server=$!
    for _ in $(seq 50); do
        url=$(grep -o 'http://[^ ]*' "$work/web.log" || true)
        [ -z "$url" ] || break
        sleep 0.1
    done
    page=$(python3 -c 'import sys, urllib.request as it; print(it.urlopen(sys.argv[1]).read().decode())' "$url")
    kill "$server"
    wait "$server" 2>/dev/null || true
    case "$page" in *"<script"*) ;; *) fail "$name: the page is missing" ;; esac
    ok "$name: version, native core, call and page"
}

check_completion() { # check_completion FILE
    bash -c '. "$1"; COMP_WORDS=(parlor st); COMP_CWORD=1; _parlor parlor st parlor; [ "${COMPREPLY[*]}" = start ]' - "$1" ||
        fail "bash does not complete: $1"
}

check_page() { # check_page FILE TEXT: groff has no warnings
    local warnings
    warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$1" 2>&1 >"$work/page.txt")
    [ -z "$warnings" ] || fail "$1: $warnings"
    grep -q -- "$2" "$work/page.txt" || fail "$1: no $2"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
rm -rf target/packages
make --no-print-directory wheel deb tarball
wheel=$(echo target/packages/parlor_agent-"$version"-*.whl)
deb=$(echo target/packages/parlor_"$version"_*.deb)
tarball=$(echo target/packages/parlor-"$version"-*.tar.gz)
(cd target/packages && du -h ./*.*)

# As after `cargo install`: the program alone. The error names a command that helps.
mkdir -p "$work/alone/bin"
cp "target/$PROFILE/parlor" "$work/alone/bin"
found=$(finding "$work/alone/bin/parlor")
command=$(echo "$found" | sed -n 's/.*`\(pip install[^`]*\)`.*/\1/p')
[ -n "$command" ] || fail "program alone: $found"
clean bash -c "python3 -m $command --quiet --disable-pip-version-check --root-user-action=ignore"
check "program alone" "$work/alone/bin/parlor" .local/share/parlor
rm -rf "${work:?}/home"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel"
# pipx and uv link to the program in the environment.
ln -s "$work/venv/bin/parlor" "$work/parlor"
check "wheel" "$work/parlor" "$work/venv/lib"

tar -C "$work" -xzf "$tarball"
folder=$work/$(basename "$tarball" .tar.gz)
check "tarball" "$folder/parlor" "$folder/liblivekit_ffi.so"
check_completion "$folder/completions/parlor.bash"

dpkg -i "$deb" >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "dpkg -i"; }
check "deb" /usr/bin/parlor /lib/parlor/liblivekit_ffi.so
check_completion /usr/share/bash-completion/completions/parlor
# Some images leave manual pages out, so these come from the package.
dpkg-deb -x "$deb" "$work/deb"
for page in "$work"/deb/usr/share/man/man1/*.gz; do check_page "$page" NAME; done
check_page "$work/deb/usr/share/man/man1/parlor-start.1.gz" --max-calls
check_page "$work/deb/usr/share/man/man1/parlor.1.gz" LIVEKIT_API_SECRET
getent passwd parlor >/dev/null || fail "there is no user parlor"
[ "$(stat -c '%a %U' /etc/parlor/parlor.env)" = "640 root" ] || fail "parlor.env: wrong mode"
[ "$(dpkg-query -W -f='${Conffiles}' parlor | grep -c /etc/parlor/)" = 2 ] || fail "wrong configuration files"
systemd-analyze verify /usr/lib/systemd/system/parlor.service || fail "parlor.service"
(cd /etc/parlor && env -i PATH="$PATH" parlor doctor || true) | grep -q 'LIVEKIT_API_KEY is not set' || fail "doctor in /etc/parlor"
dpkg -P parlor >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "dpkg -P"; }
for path in /usr/bin/parlor /usr/lib/parlor /etc/parlor; do [ ! -e "$path" ] || fail "dpkg -P left $path"; done
ok "deb: files, user, service, completion, manual, removal"
