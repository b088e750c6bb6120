#!/bin/sh
# Makes sure of the tools named as arguments, or says exactly what to install and fails. Nothing is ever skipped.
#
#   tools/need.sh python venv cargo clippy chromium
#
# As root on Debian what is missing is installed with apt-get; anyone else is told the command to run.
set -eu
python=${PYTHON:-python3}
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
        if (apt-get install -y -qq --no-install-recommends "$@" ||
            { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }) >/dev/null; then
            return 0
        fi
    fi
    fail "$what" "sudo apt-get install $*"
}

has_component() { cargo "$1" --version >/dev/null 2>&1; }

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
        command -v cargo >/dev/null || from_debian "cargo, which builds the native engine" cargo ;;
    clippy)
        has_component clippy || from_debian "cargo clippy" rust-clippy ;;
    rustfmt)
        has_component fmt || from_debian "cargo fmt" rustfmt ;;
    chromium)
        command -v chromium >/dev/null || from_debian "Chromium, which the browser tests drive" chromium ;;
    wrk)
        command -v wrk >/dev/null || from_debian "wrk, the load generator of the HTTP benchmark" wrk ;;
    *)
        echo "tools/need.sh knows no tool called $1" >&2
        missing=1 ;;
    esac
}

for tool in "$@"; do need "$tool"; done
exit $missing
