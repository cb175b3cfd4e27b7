#!/usr/bin/env bash
# The tests that take long: the server is killed a hundred times under load, on both databases; for ten minutes two servers are
# killed in turn, their clocks set and their database crashed; and schemathesis asks every documented interface what it
# promises, with thousands of requests that keep to the document and that break it.
# Against servers of their own on loopback.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

scripts/build.sh debug
# As the tests do, and longer.
ATTEST_KILLS=100 ATTEST_SOAK_SECONDS=600 "${server_cargo[@]}" test --features ssr --test attest faults:: </dev/null
attest=$CARGO_TARGET_DIR/debug/attest
. scripts/demo.sh "$attest" 500
member() { node -e 'console.log(JSON.parse(require("fs").readFileSync(0))[process.argv[1]])' "$1"; }
made=$("$attest" input add --workspace northwind-games --name "Any feed" --json)
ATTEST_KEY=$(member key <<<"$made")
ATTEST_SECRET=$(member secret <<<"$made")
ATTEST_TOKEN=$("$attest" token add --workspace northwind-games --name "Any script" --role compliance_admin --json | member token)
export ATTEST_KEY ATTEST_SECRET ATTEST_TOKEN
# It keeps notes where it stands.
(cd "$demo_folder" && "$attest_cache/schemathesis/bin/schemathesis" --config-file "$attest_root/end2end/schemathesis.toml" \
    run "$origin/api/openapi.json" --max-examples "${ATTEST_SOAK_EXAMPLES:-300}" --continue-on-failure </dev/null)
"$attest" check
"$attest" audit verify
