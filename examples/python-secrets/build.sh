#!/bin/sh
# Builds the component. Usage: build.sh [OUT]
#
# OUT is target/handler.wasm beside this script, unless given. The toolchain is installed once, into a folder of its own
# below $GTC_TOOLCHAINS, which is target/toolchains beside this script, unless set.
set -eu

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
wit=$here/../../wit/env-pack/0.1.0
out=${1:-$here/target/handler.wasm}
venv=${GTC_TOOLCHAINS:-$here/target/toolchains}/python-secrets

# written last, so that a toolchain of another version or one that was left half installed is installed anew
installed=$venv/installed-requirements.txt
if ! cmp -s "$here/requirements.txt" "$installed" || ! "$venv/bin/componentize-py" --version >/dev/null 2>&1; then
    command -v python3 >/dev/null || fail "python3 is missing; install Python 3.9 or newer"
    python3 -m venv --clear "$venv" || fail "python3 cannot make a venv; install its venv module (on Debian: python3-venv)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" ||
        fail "pip cannot install componentize-py; its message is above"
    cp "$here/requirements.txt" "$installed"
fi

# componentize-py caches bytecode beside the source, and the source may be read-only
stage=$here/target/stage.$$
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$stage/wit/deps/env-pack" "$(dirname -- "$out")"
cp "$here/app.py" "$stage/"
# the world of this handler, and beside it the package that it is made of
cp "$here/wit/world.wit" "$stage/wit/"
cp "$wit"/*.wit "$stage/wit/deps/env-pack/"

# VIRTUAL_ENV keeps it from taking packages of some other Python along. With --stub-wasi the component imports nothing but
# the host's interfaces; without it, it imports WASI too, and the host can report the traceback of an exception.
VIRTUAL_ENV=$venv "$venv/bin/componentize-py" --quiet --wit-path "$stage/wit" --world handler \
    componentize --python-path "$stage" --stub-wasi --output "$out" app ||
    fail "componentize-py cannot build the component; its message is above"
echo "built $out"
