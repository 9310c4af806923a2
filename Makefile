# Atlas Registry. `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SOURCES := $(shell find src commands projections test bench -name '*.ts' 2>/dev/null) tsconfig.json package.json

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Start the registry with embedded parts and load the example data
	@ATLAS_LOG_LEVEL=$${ATLAS_LOG_LEVEL:-warn} exec node dist/src/main.js serve --examples

.PHONY: setup
setup: node_modules/.installed ## Install what the registry needs

node_modules/.installed: package-lock.json embedded/package-lock.json embedded/install.sh
	@./embedded/install.sh
	@touch $@

.PHONY: build
build: dist/.built ## Compile

dist/.built: node_modules/.installed $(SOURCES)
	@rm -rf dist
	@node_modules/.bin/tsc -p .
	@touch $@

.PHONY: setup-tests
setup-tests: node_modules/.installed ## Install what the tests need beside that: PostgreSQL, as root from Debian's packages
	@./test/support/install.sh

.PHONY: dev-test-all
dev-test-all: setup-tests ## Run every test
	@node_modules/.bin/vitest run

.PHONY: lint
lint: node_modules/.installed ## Check format, rules, and what nothing uses
	@node_modules/.bin/biome check .
	@node_modules/.bin/oxlint --type-aware
	@node_modules/.bin/knip

.PHONY: typecheck
typecheck: node_modules/.installed ## Check types
	@node_modules/.bin/tsc -p . --noEmit

.PHONY: format
format: node_modules/.installed ## Format the sources
	@node_modules/.bin/biome check --write .

.PHONY: settings-table
settings-table: build ## Write the table of settings into the README
	@node dist/test/support/write-settings-table.js

.PHONY: bench
bench: build setup-tests ## Run the benchmarks, or those named in ONLY="commands read": prints a table and writes JSON
	@node dist/bench/main.js $(ONLY)

.PHONY: clean
clean: ## Remove what was built and installed; the data under .atlas stays
	@rm -rf dist node_modules embedded/node_modules bench/results
