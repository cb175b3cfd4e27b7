#!/usr/bin/env bash
# Builds the site and the server: scripts/build.sh debug|release
# A debug server reads the site from target/site; a release has it inside.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

case ${1:-} in
    debug) profile=dev ;;
    release) profile=release ;;
    *) echo "usage: scripts/build.sh debug|release" >&2; exit 2 ;;
esac
if [ ${#server_cargo[@]} = 0 ]; then
    echo "build: no Rust $attest_rust_least or later here; scripts/setup.sh run installs it" >&2
    exit 2
fi
scripts/site.sh
"${server_cargo[@]}" build --bin attest --features ssr --profile "$profile"
