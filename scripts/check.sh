#!/usr/bin/env bash
# Format, lints and dependencies.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"
say() { echo "check: $*"; }

say "format"
"${server_cargo[@]}" fmt --check
say "lints of the server"
"${server_cargo[@]}" clippy --quiet --features ssr --all-targets -- -D warnings
# The browser's part is linted for this machine's own target: clippy reads only the standard library that its compiler
# came with, and that one need not have a form for wasm.
say "lints of the browser's part"
"${server_cargo[@]}" clippy --quiet --no-default-features --features hydrate --lib -- -D warnings

# Duplicate versions are listed by `cargo-deny check bans`; here only what is wrong is shown.
say "licences, bans and sources of the dependencies"
cargo-deny --log-level error check --hide-inclusion-graph bans licenses sources
say "advisories"
if timeout 60 cargo-deny --log-level off fetch db >/dev/null 2>&1; then
    cargo-deny --log-level error check --disable-fetch advisories
else
    say "skipped the advisories: their database cannot be fetched from here"
fi
say "all is well"
