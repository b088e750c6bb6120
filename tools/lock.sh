#!/bin/sh
# Writes requirements.lock (what Feiqian runs on) and requirements-dev.lock (that, and what its tests and linters need)
# from pyproject.toml: names, versions and hashes only, so that the lock says nothing of where packages come from.
# Pins that still fit stay; `make lock UPGRADE=--upgrade` takes the newest. Works in a virtual environment of its own.
set -eu
cd "$(dirname "$0")/.."
tools=.tools/lock
[ -x "$tools/bin/pip-compile" ] || { "${PYTHON:-python3}" -m venv "$tools" && "$tools/bin/pip" install --quiet pip-tools; }

compile() {
    "$tools/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --all-build-deps --strip-extras --no-header \
        --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host ${UPGRADE:-} "$@" pyproject.toml
}
compile --output-file requirements.lock
compile --extra dev --constraint requirements.lock --output-file requirements-dev.lock
# A lock is installed beside pip, never over it.
grep -q '^pip==' requirements-dev.lock && { echo "requirements-dev.lock pins pip: take out what needs it" >&2; exit 1; }
echo "requirements.lock and requirements-dev.lock are up to date"
