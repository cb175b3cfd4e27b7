# Sourced by every script: the folders, the tools and the two compilers that they agree on.
# shellcheck shell=bash

attest_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
attest_cache=$HOME/.cache/attest
attest_tools=$attest_cache/tools
attest_end2end=$attest_root/end2end

# One target folder outside the checkout: a cold build takes minutes, and a fresh clone should not pay for it again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$attest_cache/target}
attest_browser_target=$CARGO_TARGET_DIR/browser

# A fresh clone has no earlier build of its own to go on from.
if [ "${CI:-}" = true ]; then export CARGO_INCREMENTAL=0; fi

# A shell that never read rustup's profile lines still finds its cargo.
command -v cargo >/dev/null || PATH=$PATH:$HOME/.cargo/bin
export PATH=$attest_tools/bin:$PATH

# The versions are written once, in the manifests.
attest_rust_least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$attest_root/Cargo.toml")
attest_bindgen_version=$(sed -n 's/^wasm-bindgen = .*"=\([0-9.]*\)".*/\1/p' "$attest_root/Cargo.toml")

at_least() { # at_least WANTED FOUND: is FOUND a version, and not an older one?
    [ -n "$2" ] && printf '%s\n%s\n' "$1" "$2" | sort -VC
}

rust_version() { # rust_version RUSTC: its version, or nothing
    "$1" --version 2>/dev/null | cut -d' ' -f2 || true
}

# Debian's Rust, used where the machine's own is too old or has no standard library for wasm.
debian_rust=no
if [ -x /usr/bin/cargo ] && at_least "$attest_rust_least" "$(rust_version /usr/bin/rustc)"; then debian_rust=yes; fi

# The cargo that builds the server: `"${server_cargo[@]}" build ..`. Empty when there is none that is new enough.
server_cargo=()
if command -v cargo >/dev/null && at_least "$attest_rust_least" "$(rust_version rustc)"; then
    server_cargo=(cargo)
elif [ "$debian_rust" = yes ]; then
    server_cargo=(env RUSTC=/usr/bin/rustc /usr/bin/cargo)
fi

# The cargo that builds the browser's part, with the options that it needs in browser_options.
browser_cargo=()
browser_options=(--target wasm32-unknown-unknown)
if [ "${server_cargo[*]}" = cargo ] && [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; then
    browser_cargo=(cargo)
elif [ "$debian_rust" = yes ] && [ -d /usr/lib/rustlib/src/rust/library/std ] && command -v wasm-ld-22 >/dev/null; then
    # Debian ships the standard library's source, not its wasm form: cargo builds that too. The option is an unstable
    # one, which a stable compiler takes only with RUSTC_BOOTSTRAP.
    browser_cargo=(env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
        /usr/bin/cargo)
    browser_options+=(-Zbuild-std=std,panic_abort)
fi

# What the tests drive: a Chromium, the folder of Postgres' server programs (15 or later), and Python with the official
# client. Each is empty when it is missing.
ATTEST_CHROMIUM=${ATTEST_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "${ATTEST_POSTGRES_BIN:-}" ]; then
    ATTEST_POSTGRES_BIN=
    for found in "$(dirname "$(command -v initdb || echo /)")" $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do
        [ -x "$found/initdb" ] || continue
        if at_least 15 "$("$found/postgres" --version | sed 's/.*) \([0-9.]*\).*/\1/')"; then ATTEST_POSTGRES_BIN=$found; fi
    done
fi
ATTEST_PYTHON=$attest_cache/python/bin/python
[ -x "$ATTEST_PYTHON" ] || ATTEST_PYTHON=
export ATTEST_CHROMIUM ATTEST_POSTGRES_BIN ATTEST_PYTHON
