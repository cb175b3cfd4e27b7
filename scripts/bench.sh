#!/usr/bin/env bash
# Runs the benchmarks of a release against limits of this machine, on SQLite and on a Postgres of its own; benches/README.md
# says what each means. The server and Postgres have one core, the load the other. Options go to the program, such as
# `--only b1,b2`. Reads are measured with as many made-up profiles as ATTEST_BENCH_PROFILES says. `bench.sh smoke` measures
# nothing: it runs a debug build for a moment, to see that the benchmarks still know the server and its tables.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"
# Of databases that are thrown away.
export ATTEST_SECRET_KEY=dGhlIHNlY3JldCBvZiB0aHJvd24tYXdheSBkYXRhLi4=

profiles=${ATTEST_BENCH_PROFILES:-1000000}
if [ "${1:-}" = smoke ]; then
    shift
    set -- --only b1,b2,b3,b5,b6,b7,b10 --pairs 1 --seconds 1 "$@"
    profiles=1000
    attest=$CARGO_TARGET_DIR/debug/attest
    benchmarks() { "${server_cargo[@]}" test --features ssr --bench benchmarks "$@"; }
else
    attest=$CARGO_TARGET_DIR/release/attest
    benchmarks() { "${server_cargo[@]}" bench --profile release --features ssr --bench benchmarks "$@"; }
fi

scripts/site.sh
# Builds the server too, of the same parts.
benchmarks --no-run
folder=$(mktemp -d -p "${ATTEST_BENCH_FOLDER:-/var/tmp}")
chmod 755 "$folder"
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
trap 'as_postgres "$ATTEST_POSTGRES_BIN/pg_ctl" -D "$folder/postgres/data" -m fast stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT

bench() {
    benchmarks -- --attest "$attest" --folder "$folder" "$@"
}
# The databases of the benchmarks of reads, at addresses that begin and end so; nothing when none of them is asked for.
fill() {
    filled=()
    case " $* " in
        *" --only "*b[567]*) ;;
        *" --only "*) return ;;
    esac
    filled=(--filled "${database}filled$suffix" --smaller "${database}smaller$suffix")
    "$attest" demo --profiles "$profiles" --database-url "${filled[1]}"
    "$attest" demo --profiles "$((profiles / 10))" --database-url "${filled[3]}"
}

database="sqlite://$folder/" suffix=.db
fill "$@"
bench "${filled[@]}" "$@"
rm -f "$folder"/*.db*

mkdir "$folder/postgres"
if [ "$(id -u)" = 0 ]; then chown postgres "$folder/postgres"; fi
(
    cd /
    as_postgres "$ATTEST_POSTGRES_BIN/initdb" -D "$folder/postgres/data" -A trust -U postgres -E UTF8 >/dev/null
    as_postgres taskset -c 0 "$ATTEST_POSTGRES_BIN/pg_ctl" -D "$folder/postgres/data" -w -l "$folder/postgres/log" start -o \
        "-c listen_addresses='' -c unix_socket_directories=$folder/postgres -c shared_buffers=1GB -c max_wal_size=4GB" >/dev/null
    for name in filled smaller; do
        as_postgres "$ATTEST_POSTGRES_BIN/createdb" -h "$folder/postgres" -U postgres "$name"
    done
)
echo "On Postgres:"
database="postgres://postgres@localhost/" suffix="?host=$folder/postgres"
fill "$@"
bench --postgres "${database}postgres$suffix" "${filled[@]}" "$@"
