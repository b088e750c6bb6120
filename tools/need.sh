#!/bin/sh
# Makes sure of the tools named as arguments, or says exactly what to install and fails. Nothing is ever skipped.
#
#   tools/need.sh python venv cargo clippy chromium fonts
#
# As root on Debian what is missing is installed with apt-get; anyone else is told the command to run.
set -eu
python=${PYTHON:-python3}
rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../engine/Cargo.toml")
missing=0

fail() {
    printf 'missing: %s\n  install it with:  %s\n' "$1" "$2" >&2
    missing=1
}

# from_debian WHAT PACKAGE...: installs the packages as root, or says how.
from_debian() {
    what=$1
    shift
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing $* for $what" >&2
        if (apt-get install -y -qq --no-install-recommends --no-remove "$@" ||
            { apt-get update -qq && apt-get install -y -qq --no-install-recommends --no-remove "$@"; }) >/dev/null; then
            return 0
        fi
    fi
    fail "$what" "sudo apt-get install $*"
}

# component NAME PACKAGE: a part of the Rust tool chain, which must come from where its cargo came from.
component() {
    has_component "$1" && return 0
    if [ "$(command -v cargo)" = /usr/bin/cargo ] && [ "$(cargo_package)" = cargo ]; then
        from_debian "cargo $1" "$2"
    else
        fail "cargo $1" "rustup component add ${2#rust-}   (or take cargo from where clippy and rustfmt come with it)"
    fi
}

# Debian 12 has an old cargo, and a newer one beside it, which its browsers are built with.
cargo_package() {
    if [ "$(id -u)" = 0 ] && ! apt-cache show cargo >/dev/null 2>&1; then apt-get update -qq >&2; fi # a new image has no lists
    if apt-cache show cargo-web >/dev/null 2>&1; then echo cargo-web; else echo cargo; fi
}

new_enough_cargo() {
    has=$(cargo --version 2>/dev/null | cut -d' ' -f2)
    [ -n "$has" ] && [ "$(printf '%s\n%s\n' "$rust" "$has" | sort -V | head -n 1)" = "$rust" ]
}

has_component() { cargo "$1" --version >/dev/null 2>&1; }

has_font() { fc-match --format '%{family}\n' "$1" 2>/dev/null | grep -qF "$1"; }

need() {
    case $1 in
    python)
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
            fail "Python 3.11 or newer (as \$PYTHON, which is '$python')" "sudo apt-get install python3" ;;
    venv)
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            from_debian "Python's virtual environments" python3-venv ;;
    cargo)
        command -v cc >/dev/null || from_debian "a C linker" gcc libc6-dev
        if ! new_enough_cargo; then
            from_debian "cargo $rust or newer, which builds the native engine" "$(cargo_package)"
            [ $missing = 1 ] || new_enough_cargo || fail "cargo $rust or newer" "rustup, or a newer Debian"
        fi ;;
    clippy)
        component clippy rust-clippy ;;
    rustfmt)
        component fmt rustfmt ;;
    chromium)
        { command -v chromium-headless-shell && command -v chromium; } >/dev/null ||
            from_debian "Chromium, which the browser tests drive" chromium-headless-shell chromium ;;
    fonts)
        has_font Roboto && has_font "Noto Sans CJK SC" ||
            from_debian "the letters of the browser tests" fontconfig fonts-roboto-unhinted fonts-noto-cjk ;;
    wrk)
        command -v wrk >/dev/null || from_debian "wrk, the load generator of the HTTP benchmark" wrk ;;
    *)
        echo "tools/need.sh knows no tool called $1" >&2
        missing=1 ;;
    esac
}

for tool in "$@"; do need "$tool"; done
exit $missing
