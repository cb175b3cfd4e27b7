#!/usr/bin/env bash
# Makes the fixtures of this version, which later ones are tried on: scripts/fixture.sh FOLDER
# One small database of each kind, with made-up data, an input, a token and two settings' changes, and the keys to try them.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"
# As the tests open them.
export ATTEST_SECRET_KEY=dGhlIHNlY3JldCBvZiB0aHJvd24tYXdheSBkYXRhLi4=
folder=${1:?usage: scripts/fixture.sh FOLDER}
attest=$CARGO_TARGET_DIR/release/attest
work=$(mktemp -d)
chmod 755 "$work"
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
trap 'as_postgres "$ATTEST_POSTGRES_BIN/pg_ctl" -D "$work/postgres/data" -m fast stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
mkdir -p "$folder" "$work/postgres"
if [ "$(id -u)" = 0 ]; then chown postgres "$work/postgres"; fi
(
    cd /
    as_postgres "$ATTEST_POSTGRES_BIN/initdb" -D "$work/postgres/data" -A trust -U postgres -E UTF8 >/dev/null
    as_postgres "$ATTEST_POSTGRES_BIN/pg_ctl" -D "$work/postgres/data" -w -l "$work/postgres/log" start \
        -o "-c listen_addresses='' -c unix_socket_directories=$work/postgres" >/dev/null
    as_postgres "$ATTEST_POSTGRES_BIN/createdb" -h "$work/postgres" -U postgres fixture
)

# Fills a database, and says by which keys it is asked, as JSON.
filled() {
    export ATTEST_DATABASE_URL=$1 ATTEST_LOG=error
    "$attest" demo --profiles 150 --days 40 >/dev/null
    local workspace input token
    workspace=northwind-games
    input=$("$attest" input add --workspace "$workspace" --name Fixture --json)
    token=$("$attest" token add --workspace "$workspace" --name Fixture --role compliance_admin --json)
    printf '{"workspace": "%s", "input": %s, "token": %s}\n' "$workspace" "$input" "$token"
}

filled "sqlite://$work/attest.db" > "$folder/sqlite.json"
gzip -9 -n < "$work/attest.db" > "$folder/sqlite.db.gz"
filled "postgres://postgres@localhost/fixture?host=$work/postgres" > "$folder/postgres.json"
# Without the words that only psql understands.
(cd / && as_postgres "$ATTEST_POSTGRES_BIN/pg_dump" -h "$work/postgres" -U postgres --no-owner --rows-per-insert=100 fixture) \
    | grep -v '^\\' | gzip -9 -n > "$folder/postgres.sql.gz"
ls -l "$folder"
