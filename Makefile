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
