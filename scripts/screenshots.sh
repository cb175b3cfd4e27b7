#!/usr/bin/env bash
# Makes the README's picture anew, in public/, and one of every page at two widths and in both themes, in target/screenshots.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

scripts/build.sh debug
. scripts/demo.sh "$CARGO_TARGET_DIR/debug/attest" 50000
node end2end/screenshots.mjs "$origin" "$email" "$password" northwind-games public target/screenshots </dev/null
