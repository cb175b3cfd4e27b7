# What one does with this project. Each target installs what it needs first (scripts/setup.sh).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo test e2e soak lighthouse screenshots bench check sbom dist

# The binary that was just built, wherever the target folder is.
ATTEST = $$(. scripts/env.sh && echo "$$CARGO_TARGET_DIR")/release/attest
DEMO := sqlite://data/demo/attest.db

help: ## Show this list
	@sed -n 's/^\([a-z0-9]*\): ## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

run: ## Build and start the server (options from the environment, see README.md)
	@scripts/setup.sh run
	@scripts/build.sh release
	@exec "$(ATTEST)" serve

demo: ## The same with a fresh database full of made-up data, in data/demo
	@scripts/setup.sh run
	@scripts/build.sh release
	@rm -rf data/demo && mkdir -p data/demo
	@"$(ATTEST)" demo --database-url $(DEMO)
	@exec "$(ATTEST)" serve --database-url $(DEMO)

test: ## Run every test: rules, both databases, whole flows, browser
	@scripts/setup.sh test
	@scripts/test.sh

e2e: ## Run the browser tests only
	@scripts/setup.sh e2e
	@scripts/test.sh browser

soak: ## Run the tests that take long: servers that are killed, and thousands of requests against every interface
	@scripts/setup.sh soak
	@scripts/soak.sh

lighthouse: ## Measure every page of a release with Lighthouse
	@scripts/setup.sh lighthouse
	@scripts/lighthouse.sh

screenshots: ## Regenerate the picture of README.md, and one of every page in target/screenshots
	@scripts/setup.sh e2e
	@scripts/screenshots.sh

bench: ## Run the benchmarks of a release against limits of this machine, on both databases
	@scripts/setup.sh bench
	@scripts/bench.sh

check: ## Check format, lints, licences and known faults of dependencies
	@scripts/setup.sh check
	@scripts/check.sh

sbom: ## List what the binary is made of (CycloneDX): dist/attest.cdx.json
	@scripts/setup.sh sbom
	@scripts/sbom.sh

dist: ## Build one binary with everything inside: dist/attest
	@scripts/setup.sh run
	@scripts/build.sh release
	@mkdir -p dist && install -m 755 "$(ATTEST)" dist/attest
	@ls -lh dist/attest
