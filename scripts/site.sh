#!/usr/bin/env bash
# Builds what the browser gets into target/site: script, wasm, style, public files, their .br and .gz forms, and hash.txt,
# which names the folder under which they are served for ever. Each part is made again only when its inputs changed.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

site=target/site
parts=target/site.parts
say() { echo "site: $*"; }

digest() { # digest FILE-OR-FOLDER..: one hash over the names and contents of all files in them
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}
same() { # same STAMP HASH: was this made from these inputs?
    [ "$(cat "$1" 2>/dev/null || true)" = "$2" ]
}

mkdir -p "$parts" public
tools=(scripts/site.sh scripts/minify.mjs end2end/package-lock.json)
# The server, its tests and the command line are not in the browser's part, so they do not count. The compiler does: it
# has a say in the names that tie an island's HTML to its wasm.
wasm_inputs=$(
    find src \( -path src/server -o -path src/tests -o -path src/main.rs \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
    sha256sum Cargo.toml Cargo.lock scripts/env.sh "${tools[@]}"
    echo "${browser_cargo[*]} $(if [ "${browser_cargo[*]}" = cargo ]; then rustc -V; else /usr/bin/rustc -V; fi 2>&1)"
)
wasm_inputs=$(sha256sum <<<"$wasm_inputs" | cut -d' ' -f1)
style_inputs=$(digest style "${tools[@]}")
all_inputs="$wasm_inputs $style_inputs $(digest public scripts/compress.mjs "${tools[@]}")"
if [ -f "$site/hash.txt" ] && same target/site.stamp "$all_inputs"; then
    say "nothing changed"
    exit 0
fi

if ! same "$parts/wasm.stamp" "$wasm_inputs"; then
    if [ ${#browser_cargo[@]} = 0 ]; then
        echo "site: no compiler for wasm here; scripts/setup.sh run installs it" >&2
        exit 2
    fi
    say "compiling the browser's part"
    CARGO_TARGET_DIR=$attest_browser_target "${browser_cargo[@]}" build --lib --profile wasm-release --no-default-features \
        --features hydrate "${browser_options[@]}"
    raw=$attest_browser_target/wasm32-unknown-unknown/wasm-release/attest.wasm
    # Most changes are to pages, which only the server renders: then the wasm is the same to the byte.
    raw_hash=$(cat "$raw" "${tools[@]}" | sha256sum)
    if ! same "$parts/raw.stamp" "$raw_hash"; then
        say "wasm-bindgen and wasm-opt"
        rm -rf "$parts/pkg" "$parts/raw.stamp"
        # Leptos asks for NAME.js and NAME_bg.wasm, which are wasm-bindgen's own names.
        wasm-bindgen --target web --no-typescript --out-name attest --out-dir "$parts/pkg" "$raw"
        # The features are those that rustc turns on for this target; every browser of the last years has them.
        end2end/node_modules/.bin/wasm-opt -Oz --strip-debug --strip-producers --strip-target-features \
            --enable-bulk-memory --enable-bulk-memory-opt --enable-call-indirect-overlong --enable-multivalue \
            --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext \
            "$parts/pkg/attest_bg.wasm" -o "$parts/pkg/attest_bg.wasm"
        node scripts/minify.mjs "$parts/pkg/attest.js" "$parts/pkg/attest.js"
        echo "$raw_hash" >"$parts/raw.stamp"
    fi
    echo "$wasm_inputs" >"$parts/wasm.stamp"
fi

if ! same "$parts/style.stamp" "$style_inputs"; then
    say "bundling the style"
    node scripts/minify.mjs style/main.css "$parts/attest.css"
    echo "$style_inputs" >"$parts/style.stamp"
fi

# Put together beside the old one and then swapped, so that a running debug server never reads half of it, and nothing
# of an older site stays behind.
rm -rf "$site.new" "$site.old"
mkdir -p "$site.new"
cp -R "$parts/pkg/." "$parts/attest.css" public/. "$site.new/"
hash=$(cd "$site.new" && digest . | cut -c1-12)
node scripts/compress.mjs "$site.new"
echo "$hash" >"$site.new/hash.txt"
if [ -d "$site" ]; then mv "$site" "$site.old"; fi
mv "$site.new" "$site"
rm -rf "$site.old"
echo "$all_inputs" >target/site.stamp
say "built $hash: $(stat -c %s "$site/attest_bg.wasm.br") bytes of wasm, $(stat -c %s "$site/attest.js.br") of script," \
    "$(stat -c %s "$site/attest.css.br") of style, brotli"
