#!/usr/bin/env bash
# Installs what is missing for an aim, and nothing else: scripts/setup.sh run|e2e|test|soak|lighthouse|bench|check|sbom
# On Debian, as root, it uses apt-get; elsewhere it names what is missing and exits with 2.
set -euo pipefail
. "$(dirname "$0")/env.sh"

deny_version=0.20.2
cyclonedx_version=0.5.9
client_version=0.16.1
mail_version=1.4.6
schemathesis_version=4.32.5

aim=${1:-}
case $aim in run | e2e | test | soak | lighthouse | bench | check | sbom) ;; *) echo "usage: scripts/setup.sh run|e2e|test|soak|lighthouse|bench|check|sbom" >&2; exit 2 ;; esac

say() { echo "setup: $*"; }
aim_is() { [[ " $* " == *" $aim "* ]]; }

missing=()
packages=()
can_apt=no
if [ "$(id -u)" = 0 ] && grep -qsx 'ID=debian' /etc/os-release; then can_apt=yes; fi

need() { # need WORDS PACKAGE..: something that Debian's packages bring
    if [ "$can_apt" = yes ]; then
        say "installing ${*:2}: $1 is missing"
        packages+=("${@:2}")
    else
        missing+=("$1 (Debian: ${*:2})")
    fi
}

stop_if_missing() {
    [ ${#missing[@]} = 0 ] && return
    echo "setup: please install, then try again:" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 2
}

# What this script never installs: Node and rustfmt have a way of their own on every machine.
if aim_is run e2e test soak lighthouse bench; then
    at_least 20 "$(node --version 2>/dev/null | tr -d v || true)" || missing+=("Node.js 20 or later")
    command -v npm >/dev/null || missing+=("npm")
elif aim_is sbom; then
    command -v node >/dev/null || missing+=("Node.js")
fi
if aim_is check && [ ${#server_cargo[@]} = 0 ]; then
    missing+=("Rust $attest_rust_least or later with rustfmt and clippy (rustup brings them)")
elif aim_is sbom && [ ${#server_cargo[@]} = 0 ]; then
    missing+=("Rust $attest_rust_least or later")
elif aim_is check; then
    "${server_cargo[@]}" fmt --version >/dev/null 2>&1 || missing+=("rustfmt (rustup component add rustfmt, where rustup is)")
    "${server_cargo[@]}" clippy --version >/dev/null 2>&1 || missing+=("clippy (rustup component add clippy, where rustup is)")
fi
stop_if_missing

# Compilers. The bundled SQLite and the cryptography are C.
command -v cc >/dev/null || need "a C compiler" gcc libc6-dev
if aim_is run e2e test soak lighthouse bench && [ ${#browser_cargo[@]} = 0 ]; then
    wasm="Rust's standard library for wasm32-unknown-unknown"
    if [ ${#server_cargo[@]} = 0 ]; then
        wasm="Rust $attest_rust_least or later and its standard library for wasm32-unknown-unknown"
    elif [ "${server_cargo[*]}" = cargo ] && [[ "$(rustc --print sysroot)" == "$(rustup show home 2>/dev/null)"/* ]]; then
        say "trying rustup target add wasm32-unknown-unknown"
        # rustup asks again and again where its server cannot be reached, so it is given a limit.
        if ! timeout 120 rustup target add wasm32-unknown-unknown; then say "rustup could not fetch it"; fi
        . "$(dirname "$0")/env.sh"
    fi
    # Debian's compiler comes with the library's source, from which cargo builds it (see env.sh).
    [ ${#browser_cargo[@]} -gt 0 ] || need "$wasm" rustc-web cargo-web rust-web-src lld-22
fi

# What the tests drive.
if aim_is e2e test lighthouse; then [ -n "$ATTEST_CHROMIUM" ] || need "Chromium" chromium; fi
# The commands that the pages offer for copying are run as they stand.
if aim_is e2e test; then command -v curl >/dev/null || need "curl" curl; fi
if aim_is test soak bench; then
    [ -n "$ATTEST_POSTGRES_BIN" ] || need "PostgreSQL 15 or later (the server's programs)" postgresql
fi
# Flushes are counted by what the system sees of them.
if aim_is test soak; then command -v strace >/dev/null || need "strace" strace; fi
if aim_is test soak; then python3 -c 'import ensurepip' 2>/dev/null || need "Python 3 with venv" python3-venv; fi

stop_if_missing
if [ ${#packages[@]} -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    say "apt-get update"
    # A source that cannot be reached does no harm as long as the packages are found.
    apt-get update -qq || true
    if [[ " ${packages[*]} " == *" rustc-web "* ]]; then
        found=$(apt-cache policy rustc-web | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p')
        if ! at_least "$attest_rust_least" "$found"; then
            echo "setup: apt offers rustc-web ${found:-not at all}, and $attest_rust_least is needed: is Debian's" \
                "security suite (bookworm-security) among the sources?" >&2
            exit 2
        fi
    fi
    # Nothing that is installed is removed, but for Debian's own older Rust, whose place the newer one takes.
    if [[ " ${packages[*]} " == *" rustc-web "* ]]; then
        old=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' rustc cargo 'libstd-rust-*' 2>/dev/null |
            sed -n 's/^installed \(.*\)/\1/p' | grep -v -- -web || true)
        if [ -n "$old" ]; then
            say "removing Debian's older Rust:" $old
            # shellcheck disable=SC2086
            apt-get remove -y -qq $old >/dev/null </dev/null
        fi
    fi
    if ! apt-get install -y -qq --no-install-recommends --no-remove "${packages[@]}" >/dev/null </dev/null; then
        echo "setup: apt-get could not install ${packages[*]}" >&2
        exit 2
    fi
    if [[ " ${packages[*]} " == *" postgresql "* ]]; then
        # The tests make clusters of their own; the one that the package has just made and started is stopped.
        pg_lsclusters -h | while read -r version cluster _; do pg_ctlcluster "$version" "$cluster" stop 2>/dev/null || true; done
    fi
    . "$(dirname "$0")/env.sh"
fi

install_crate() { # install_crate NAME VERSION ARGUMENT..
    say "building $1 $2 (a few minutes, once)"
    # Without --locked: the crate's own lock file may name versions that the registry does not serve. Not
    # optimised: these tools run for a second, and what counts is the time that the compiler takes.
    CARGO_TARGET_DIR=$attest_tools/build CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        "${server_cargo[@]}" install --quiet --root "$attest_tools" "$1" --version "$2" "${@:3}" </dev/null
    rm -rf "$attest_tools/build"
}

install_node() { # install_node FOLDER: what its package-lock.json names, unless it is there
    local lock stamp=$1/node_modules/.attest-stamp
    lock=$(sha256sum <"$1/package-lock.json")
    if [ "$(cat "$stamp" 2>/dev/null || true)" != "$lock" ]; then
        say "npm ci in ${1#"$attest_root"/}"
        # The browser is the system's own; npm's scripts of packages are not needed by any of them.
        (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --loglevel=error </dev/null)
        echo "$lock" >"$stamp"
    fi
}

if aim_is run e2e test soak lighthouse bench; then
    # The tool and the library must be of one version. Without its default features it has no TLS, which only its
    # test runner would use.
    if [ "$(wasm-bindgen --version 2>/dev/null || true)" != "wasm-bindgen $attest_bindgen_version" ]; then
        install_crate wasm-bindgen-cli "$attest_bindgen_version" --no-default-features
    fi

    install_node "$attest_end2end"
fi
if aim_is lighthouse; then install_node "$attest_end2end/lighthouse"; fi

install_python() { # install_python FOLDER PACKAGE==VERSION..: into an environment of its own
    local folder=$attest_cache/$1 wanted found=yes
    shift
    for wanted in "$@"; do
        compgen -G "$folder/lib/python3*/site-packages/${wanted/==/-}.dist-info" >/dev/null || found=no
    done
    if [ "$found" = yes ]; then return; fi
    say "making a Python environment with $*"
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" </dev/null
}

# The official Python client of the API whose clients must work unchanged, and a mail server.
if aim_is test; then install_python python "mparticle==$client_version" "aiosmtpd==$mail_version"; fi
if aim_is soak; then install_python schemathesis "schemathesis==$schemathesis_version"; fi

if aim_is check && ! [ "$(cargo-deny --version 2>/dev/null || true)" = "cargo-deny $deny_version" ]; then
    install_crate cargo-deny "$deny_version"
fi
if aim_is sbom && ! "${server_cargo[@]}" cyclonedx --version 2>/dev/null | grep -qF "$cyclonedx_version"; then
    install_crate cargo-cyclonedx "$cyclonedx_version"
fi
say "ready for $aim"
