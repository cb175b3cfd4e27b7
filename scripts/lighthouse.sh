#!/usr/bin/env bash
# Lighthouse on every page of a release that serves the demo, on loopback.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

scripts/build.sh release
. scripts/demo.sh "$CARGO_TARGET_DIR/release/attest" "${ATTEST_DEMO_PROFILES:-20000}"
node end2end/lighthouse/measure.mjs "$origin" "$email" "$password" northwind-games </dev/null
