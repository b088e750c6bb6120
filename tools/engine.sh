#!/bin/sh
# Builds the native engine and puts it where the argument says: the one way, for `make engine` and for the wheel
# (setup.py). Installs nothing: without cargo it says what is missing, and fails.
#
#   tools/engine.sh src/feiqian/ledger/_engine.so
set -eu
engine=$(dirname "$0")/../engine
needs="Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$engine/Cargo.toml") or newer (cargo, rustc) and a C linker (cc)"
for tool in cargo cc; do
    command -v "$tool" >/dev/null && continue
    printf 'missing: %s\n  the native engine of Feiqian is built with %s; install them, then try again\n' "$tool" "$needs" >&2
    exit 1
done
cargo --quiet build --release --offline --locked --manifest-path "$engine/Cargo.toml" --target-dir "$engine/target"
for library in so dylib; do
    [ -f "$engine/target/release/libfeiqian_engine.$library" ] || continue
    cp "$engine/target/release/libfeiqian_engine.$library" "$1.new"
    mv -f "$1.new" "$1"  # whoever has the old one loaded keeps it
    exit 0
done
echo "cargo made no library that tools/engine.sh knows: see $engine/target/release" >&2
exit 1
