#!/usr/bin/env bash
# Runs the commands of README.md in their order, as a reader who copies them: in a fresh folder, with a server of its own.
# $ATTEST_BIN is the binary. The only word that is replaced is the server's address. A block's info string says more:
#   sh           run in one shell, so that what one block exports the next one has
#   sh stopped   run while the server is stopped
#   sh by-hand   not run (it stays in front, or needs root): its syntax is checked, and that its targets of make exist
#   python       run by the Python that has the official client
#   toml         read as the folder's settings by `attest config`
set -euo pipefail
. "$(dirname "$0")/env.sh"
binary=$(realpath "${ATTEST_BIN:-$CARGO_TARGET_DIR/debug/attest}")
python=$ATTEST_PYTHON
[ -n "$python" ] || { echo "readme: the official Python client is missing; scripts/setup.sh test installs it" >&2; exit 2; }
# A reader has set none of our variables, and what a reader's pip would be told about itself is left out.
unset "${!ATTEST_@}"
export PATH=$(dirname "$python"):$PATH PIP_DISABLE_PIP_VERSION_CHECK=1

folder=$(mktemp -d)
touch "$folder/said"
server=
origin=
block="the set-up"
end() {
    status=$?
    trap - EXIT
    stop
    if [ "$status" != 0 ]; then
        tail -q -n 20 "$folder/said" "$folder/checkout/server.log" >&2 || true
        echo "readme: failed in $block" >&2
    fi
    rm -rf "$folder"
    exit "$status"
}
trap end EXIT

serve() { # at the address that it had before, if there was one
    exec {served}< <(exec ./dist/attest serve --addr "${origin#http://}" 2>>server.log)
    server=$!
    read -r line <&"$served"
    origin=${line#Attest serves }
}
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
    server=
}
# What a reader would see to be an error is one here too.
curl() { command curl --silent --show-error --fail-with-body "$@"; }

# Each block in a file that is named by its line and its info string.
awk -v folder="$folder" '
    /^```[a-z]/ { file = sprintf("%s/%04d-%s", folder, NR, substr($0, 4)); gsub(" ", "-", file); printf "" >file; next }
    /^```$/ { file = "" }
    file != "" { print >file }' "$attest_root/README.md"

mkdir -p "$folder/checkout/dist"
ln -s "$binary" "$folder/checkout/dist/attest"
cd "$folder/checkout"
origin=http://127.0.0.1:0
serve
# The form behind the link, as a browser sends it.
read -r line <&"$served"
read -r line <&"$served"
curl -H "Origin: $origin" --data-urlencode "token=${line#*token=}" --data-urlencode "name=Ada" --data-urlencode "email=ada@example.com" \
    --data-urlencode "password=plum orbit cactus 41" --data-urlencode "workspace=Acme" --data-urlencode "time_zone=UTC" \
    "$origin/set-up" >"$folder/said"

blocks=0
for file in "$folder"/[0-9]*; do
    name=$(basename "$file")
    kind=${name#*-}
    block="README.md:$((10#${name%%-*}))"
    sed -i "s#http://127\.0\.0\.1:3000#$origin#g" "$file"
    case $kind in
        sh) . "$file" >"$folder/said" 2>&1 ;;
        sh-stopped)
            stop
            . "$file" >"$folder/said" 2>&1
            serve
            ;;
        sh-by-hand)
            bash -n "$file" 2>"$folder/said"
            for target in $(sed -n 's/^make \([a-z0-9]*\).*/\1/p' "$file"); do
                grep -q "^$target: ## " "$attest_root/Makefile" || { echo "make has no target $target" >"$folder/said" && false; }
            done
            ;;
        python) "$python" "$file" >"$folder/said" 2>&1 ;;
        toml) (mkdir "$folder/settings" && cp "$file" "$folder/settings/attest.toml" && cd "$folder/settings" && "$binary" config) >"$folder/said" 2>&1 ;;
        *) echo "readme: nothing is known of blocks marked $kind" >"$folder/said" && false ;;
    esac
    blocks=$((blocks + 1))
done
# Both events, the curl's and the client's, are there after everything that was done.
block="the count at the end"
curl -H "Authorization: Bearer $TOKEN" "$origin/api/v1/workspaces/acme/distribution" >"$folder/said"
grep -q '"authorized":1,"denied":1,' "$folder/said"
echo "readme: $blocks blocks ran"
