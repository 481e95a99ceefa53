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

absolute() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
    esac
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
wit=$(CDPATH='' cd -- "$here/../../wit/env-pack/0.1.0" && pwd)
out=$(absolute "${1:-$here/target/handler.wasm}")
tools=$(absolute "${GTC_TOOLCHAINS:-$here/target/toolchains}")/javascript-telemetry

command -v node >/dev/null || fail "node is missing; install Node.js 20 or newer"

# written last, so that a toolchain of another version or one that was left half installed is installed anew
installed=$tools/node_modules/installed-package-lock.json
mkdir -p "$tools" "$(dirname -- "$out")"
if ! cmp -s "$here/package-lock.json" "$installed"; then
    command -v npm >/dev/null || fail "npm is missing; it comes with Node.js"
    cp "$here/package.json" "$here/package-lock.json" "$tools/"
    # no package of the lock file needs to run anything when it is installed, so none may
    (cd "$tools" && npm ci --include=dev --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error) ||
        fail "npm cannot install componentize-js; its message is above"
    cp "$here/package-lock.json" "$installed"
fi

# the world of this handler, and beside it the package that it is made of
stage=$here/target/stage.$$
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$stage/deps/env-pack"
cp "$here/wit/world.wit" "$stage/"
cp "$wit"/*.wit "$stage/deps/env-pack/"

# node looks for packages beside the script that imports them
cp "$here/build.mjs" "$tools/"
node "$tools/build.mjs" "$here/handler.js" "$stage" "$out" ||
    fail "componentize-js cannot build the component; its message is above"
echo "built $out"
