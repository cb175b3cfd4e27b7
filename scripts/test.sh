#!/usr/bin/env bash
# Runs the tests: scripts/test.sh [browser]. Ends with how many there were of each kind, and `N passed, N failed`.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

only=${1:-}
if [ "$only" != browser ] && [ -z "$ATTEST_POSTGRES_BIN" ]; then
    echo "test: PostgreSQL's server programs are missing, and every contract is tested on both databases;" \
        "scripts/setup.sh test installs them" >&2
    exit 1
fi

logs=$attest_root/target/tests
rm -rf "$logs"
mkdir -p "$logs"
# Tests that walk a table add lines `name: number` to this file; the lines of one name are added up.
export ATTEST_COUNTS=$logs/counts
touch "$ATTEST_COUNTS" "$logs/names"
passed=0 failed=0 skipped=0

# The server that the browser tests drive, and the site that it serves. Cargo builds it for the other tests too, from the
# same dependencies as theirs; a build of its own would compile some of those a second time.
if [ "$only" = browser ]; then
    scripts/build.sh debug
else
    scripts/site.sh
    "${server_cargo[@]}" test --features ssr --no-run
fi
export ATTEST_BIN=$CARGO_TARGET_DIR/debug/attest

if [ "$only" != browser ]; then
    status=0
    "${server_cargo[@]}" test --features ssr --no-fail-fast </dev/null 2>&1 | tee "$logs/cargo.log" || status=$?
    # One line per test: its kind, its result. What a test is follows from where it lives.
    awk '
        /^ +Running / { lib = / src\/lib\.rs / }
        /^ +Doc-tests / { lib = 0 }
        /^test .* \.\.\. (ok|FAILED|ignored)/ {
            kind = "other tests"
            if ($2 ~ /(^|::)contract::.*sqlite::/) kind = "contract on SQLite"
            else if ($2 ~ /contract::.*postgres::/) kind = "contract on Postgres"
            else if ($2 ~ /property/) kind = "property tests"
            else if ($2 ~ /(^|::)flows::/) kind = "flows"
            else if ($2 ~ /(^|::)faults::/) kind = "faults"
            else if (lib) kind = "unit tests"
            match($0, /\.\.\. (ok|FAILED|ignored)/)
            print substr($0, RSTART + 4, RLENGTH - 4) "\t" kind
        }' "$logs/cargo.log" >"$logs/names"
    passed=$(grep -c '^ok' "$logs/names" || true)
    failed=$(grep -c '^FAILED' "$logs/names" || true)
    skipped=$(grep -c '^ignored' "$logs/names" || true)
    # A test process that dies leaves no line of its own.
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi

    status=0
    scripts/bench.sh smoke </dev/null 2>&1 | tee "$logs/bench.log" || status=$?
    if [ "$status" = 0 ]; then result=ok passed=$((passed + 1)); else result=FAILED failed=$((failed + 1)); fi
    printf '%s\tbenchmarks run\n' "$result" >>"$logs/names"
fi

status=0
(cd end2end && PLAYWRIGHT_JSON_OUTPUT_FILE=$logs/browser.json node_modules/.bin/playwright test \
    --fail-on-flaky-tests --reporter=list,json </dev/null) || status=$?
read -r ran fell left < <(node -e '
    const { expected, unexpected, flaky, skipped } = JSON.parse(require("fs").readFileSync(process.argv[1])).stats;
    console.log(expected, unexpected + flaky, skipped);' "$logs/browser.json" 2>/dev/null || echo 0 0 0)
if [ "$status" != 0 ] && [ "$fell" = 0 ]; then fell=1; fi
passed=$((passed + ran)) failed=$((failed + fell)) skipped=$((skipped + left))

echo
for kind in "unit tests" "property tests" "contract on SQLite" "contract on Postgres" "flows" "faults" "other tests" "benchmarks run"; do
    n=$(grep -cE "^(ok|FAILED)	$kind$" "$logs/names" || true)
    if [ "$n" != 0 ]; then echo "$kind: $n"; fi
done
awk -F': ' 'NF == 2 { if (!($1 in n)) order[++names] = $1; n[$1] += $2 }
    END { for (i = 1; i <= names; i++) print order[i] ": " n[order[i]] }' "$ATTEST_COUNTS"
echo "browser tests: $((ran + fell))"

# Each that failed, with the beginning of what it said: who reads only the end shall know.
if [ -e "$logs/cargo.log" ]; then
    awk '/^---- .* stdout ----$/ { sub(/^---- /, ""); sub(/ stdout ----$/, ""); print "failed: " $0; left = 6; next }
        /^failures:$/ { left = 0 }
        # What has no such lines: a test process that died, and what does not compile.
        /^error/ { print "failed: " $0 }
        left && NF { print "    " $0; left-- }' "$logs/cargo.log"
    if grep -q '^FAILED.benchmarks run$' "$logs/names"; then
        echo "failed: the benchmarks" && tail -n 6 "$logs/bench.log"
    fi
fi
if [ "$fell" != 0 ] && [ -s "$logs/browser.json" ]; then node end2end/failed.mjs "$logs/browser.json"; fi

# Nothing tested is nothing proved.
ok=yes
if [ "$failed" != 0 ] || [ "$passed" = 0 ]; then ok=no; fi
if [ "$skipped" != 0 ]; then echo "skipped: $skipped"; fi
echo "$passed passed, $failed failed"
[ "$ok" = yes ]
