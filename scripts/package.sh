#!/usr/bin/env bash
# Packs the built program, with the native core of scripts/setup.sh, and prints the path of the package.
#
#   scripts/package.sh deb [PROGRAM]         a Debian package
#   scripts/package.sh tarball [PROGRAM]     an archive for other distributions
#
# PROGRAM is target/release/parlor by default. It is run, so it must be for this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'package: %s\n' "$*" >&2; }
kind=${1:-}
program=${2:-target/release/parlor}
packages=target/packages
[ -x "$program" ] || { say "there is no program $program: build it with cargo build --release --locked"; exit 1; }
[ -f target/native/liblivekit_ffi.so ] || { say "the native core is missing: run make setup"; exit 1; }
command -v strip >/dev/null || { say "strip is missing: install it; on Debian: apt-get install binutils"; exit 1; }
version=$("$program" --version)
version=${version#parlor }
mkdir -p "$packages"
stage=$(mktemp -d "$packages/stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

put() { # put MODE FILE TARGET: copies a file into the stage
    install -D -m "$1" "$2" "$stage/$3"
}

program_to() { # program_to TARGET
    mkdir -p "$(dirname "$stage/$1")"
    strip -o "$stage/$1" "$program"
    chmod 755 "$stage/$1"
}

completions_to() { # completions_to SHELL TARGET
    mkdir -p "$(dirname "$stage/$2")"
    "$program" completions "$1" >"$stage/$2"
}

# Libraries that the program and the native core need, as the field Depends.
libraries() {
    local work=$packages/shlibdeps
    rm -rf "$work"
    mkdir -p "$work/debian"
    printf 'Source: parlor\n\nPackage: parlor\nArchitecture: any\n' >"$work/debian/control"
    (cd "$work" && dpkg-shlibdeps -O --warnings=1 "../${stage##*/}/usr/bin/parlor" "../${stage##*/}/usr/lib/parlor/liblivekit_ffi.so") |
        sed -n 's/^shlibs:Depends=//p'
    rm -rf "$work"
}

environment_file() {
    echo "# Settings of parlor.service. Fill it in, then: systemctl enable --now parlor"
    sed '1,/^$/d' .env.example
}

deb() {
    local out depends name
    command -v dpkg-shlibdeps >/dev/null || { say "dpkg-shlibdeps is missing: apt-get install dpkg-dev"; exit 1; }
    out=$packages/parlor_${version}_$(dpkg --print-architecture).deb
    program_to usr/bin/parlor
    put 644 target/native/liblivekit_ffi.so usr/lib/parlor/liblivekit_ffi.so
    put 644 deploy/parlor.service usr/lib/systemd/system/parlor.service
    put 644 deploy/debian/sysusers.conf usr/lib/sysusers.d/parlor.conf
    put 644 agent.toml etc/parlor/agent.toml
    environment_file >"$stage/etc/parlor/parlor.env"
    chmod 640 "$stage/etc/parlor/parlor.env"
    # For commands in this folder, such as parlor doctor.
    ln -s parlor.env "$stage/etc/parlor/.env"
    put 644 LICENSE usr/share/doc/parlor/copyright
    put 644 target/native/LICENSE.md usr/share/doc/parlor/LICENSE-native-core.md
    "$program" man --out "$stage/usr/share/man/man1"
    gzip -9n "$stage"/usr/share/man/man1/*.1 "$stage/usr/share/doc/parlor/LICENSE-native-core.md"
    completions_to bash usr/share/bash-completion/completions/parlor
    completions_to fish usr/share/fish/vendor_completions.d/parlor.fish
    completions_to zsh usr/share/zsh/vendor-completions/_parlor
    mkdir "$stage/DEBIAN"
    depends=$(libraries)
    for name in postinst prerm postrm; do put 755 "deploy/debian/$name" "DEBIAN/$name"; done
    printf '/etc/parlor/%s\n' agent.toml parlor.env >"$stage/DEBIAN/conffiles"
    cat >"$stage/DEBIAN/control" <<CONTROL
Package: parlor
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: Parlor maintainers
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Depends: $depends, ca-certificates, systemd | systemd-standalone-sysusers
Section: net
Priority: optional
Description: voice agents for LiveKit rooms
 Parlor is a worker daemon that brings a voice agent into every LiveKit room.
 It streams the caller's audio to AssemblyAI's Voice Agent API and plays the
 replies into the room. One file describes the agent.
CONTROL
    dpkg-deb --root-owner-group -Zxz --build "$stage" "$out" >/dev/null
    echo "$out"
}

tarball() {
    local name
    name=parlor-$version-linux-$(uname -m)
    program_to "$name/parlor"
    put 644 target/native/liblivekit_ffi.so "$name/liblivekit_ffi.so"
    put 644 target/native/LICENSE.md "$name/LICENSE-native-core.md"
    put 644 LICENSE "$name/LICENSE"
    put 644 agent.toml "$name/agent.toml"
    put 644 .env.example "$name/.env.example"
    "$program" man --out "$stage/$name/man"
    completions_to bash "$name/completions/parlor.bash"
    completions_to fish "$name/completions/parlor.fish"
    completions_to zsh "$name/completions/_parlor"
    tar -C "$stage" --owner=0 --group=0 -czf "$packages/$name.tar.gz" "$name"
    echo "$packages/$name.tar.gz"
}

case "$kind" in
    deb | tarball) "$kind" ;;
    *) say "name what to build: deb or tarball"; exit 1 ;;
esac
