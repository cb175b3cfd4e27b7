#!/usr/bin/env bash
# Lists the crates that the binary is made of, with versions, licences and hashes: dist/attest.cdx.json, as CycloneDX 1.5.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$attest_root"

# The tool writes beside the manifest, and knows no other place.
trap 'rm -f attest.cdx.json' EXIT
"${server_cargo[@]}" cyclonedx --quiet --features ssr --format json --spec-version 1.5 --no-build-deps --override-filename attest.cdx
mkdir -p dist
# Without the moment and the random number of each run, so that two of one version are the same.
node -e '
    const fs = require("fs")
    const bom = JSON.parse(fs.readFileSync("attest.cdx.json"))
    delete bom.serialNumber
    delete bom.metadata.timestamp
    // The folder in which it was made is of nobody else.
    const own = bom.metadata.component
    const text = JSON.stringify(bom, null, 1).replaceAll(own["bom-ref"], `attest@${own.version}`)
    fs.writeFileSync("dist/attest.cdx.json", text + "\n")
    const names = new Set(bom.components.map(({ name }) => name))
    for (const name of ["axum", "sqlx", "rustls", "leptos"]) {
        if (!names.has(name)) throw new Error(`sbom: ${name} is missing`)
    }
    console.log(`sbom: ${bom.components.length} components in dist/attest.cdx.json`)
'
