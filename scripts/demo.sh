# Sourced with a binary and a number of profiles: serves a demo on a free port of loopback until the script ends, and
# leaves in origin, email and password how to reach it, as a Compliance Admin who is an operator too.
demo_folder=$(mktemp -d)
demo_server=
trap '[ -z "$demo_server" ] || { kill "$demo_server"; wait "$demo_server" || true; }; rm -rf "$demo_folder"' EXIT
export ATTEST_DATABASE_URL=sqlite://$demo_folder/attest.db ATTEST_LOG=warn

"$1" demo --profiles "$2" >/dev/null
email=ada@northwind.example
password="plum orbit cactus 41"
printf %s "$password" | "$1" user add --email "$email" --name "Ada Lindgren" --operator --password-stdin >/dev/null
"$1" member set --workspace northwind-games --email "$email" --role compliance_admin >/dev/null
"$1" serve --addr 127.0.0.1:0 >"$demo_folder/out" &
demo_server=$!
origin=
for _ in $(seq 100); do
    origin=$(sed -n 's/^Attest serves //p' "$demo_folder/out")
    [ -z "$origin" ] || break
    sleep 0.1
done
