# Atlas Registry. `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SOURCES := $(shell find src commands projections test bench examples -name '*.ts' 2>/dev/null) tsconfig.json package.json
CONSOLE := $(shell find src/console -type f 2>/dev/null) vite.config.mjs

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Start the registry with embedded parts and load the example data
	@ATLAS_LOG_LEVEL=$${ATLAS_LOG_LEVEL:-warn} exec node dist/src/main.js serve --examples

# The ports of `make cluster` are those behind this one, and where its data lies.
PORT ?= 3100
CLUSTER ?= ./.atlas-cluster

.PHONY: consume-nats
consume-nats: build ## Follow the events of `make run` over NATS with examples/consumers
	@exec node dist/examples/consumers/nats-consumer.js

.PHONY: consume-sse
consume-sse: build ## Follow the events of `make run` over HTTP with examples/consumers
	@exec node dist/examples/consumers/sse-client.js

.PHONY: cluster
cluster: build setup-tests ## Start a cluster on this machine: 3 brokers, 2 writers, 2 readers, a projector, Postgres; PORT= and CLUSTER=
	@exec node dist/src/main.js cluster --postgres --examples --port '$(PORT)' --data '$(CLUSTER)'

# `make up PROFILE=cluster` starts 3 brokers, 2 writers, 2 readers and a projector.
PROFILE ?=

.PHONY: up
up: ## Start docker-compose.yml: the registry with NATS, Postgres, Redis and MinIO in containers; PROFILE=cluster for many nodes
	@./deploy/compose/up.sh up '$(PROFILE)'

.PHONY: down
down: ## End what `make up` started; its data stays
	@./deploy/compose/up.sh down

.PHONY: setup
setup: node_modules/.installed ## Install what the registry needs

node_modules/.installed: package-lock.json embedded/package-lock.json embedded/install.sh
	@./embedded/install.sh
	@touch $@

.PHONY: build
build: dist/.built ## Compile

dist/.built: node_modules/.installed $(SOURCES) $(CONSOLE)
	@rm -rf dist
	@node_modules/.bin/tsc -p .
	@node_modules/.bin/vite build --logLevel warn
	@touch $@

.PHONY: setup-tests
setup-tests: node_modules/.installed ## Install what the tests need beside that: PostgreSQL, nginx, Redis, as root from Debian's packages
	@./test/support/install.sh

.PHONY: dev-test-all
dev-test-all: setup-tests ## Run every test
	@node_modules/.bin/vitest run

.PHONY: setup-s3
setup-s3: setup-tests ## Install a real S3 server for the tests: radosgw, as root from Debian's packages
	@./test/support/install-radosgw.sh

.PHONY: ci-store-conformance
ci-store-conformance: setup-s3 ## Hold every store to the one suite: folder, HTTP, S3, federated, fake, guarded
	@node_modules/.bin/vitest run test/stores

.PHONY: ci-store-conformance-localfs
ci-store-conformance-localfs: setup-tests ## The same for folders
	@node_modules/.bin/vitest run test/stores/localfs

.PHONY: ci-store-conformance-http
ci-store-conformance-http: setup-tests ## The same for web servers, against nginx
	@node_modules/.bin/vitest run test/stores/http

.PHONY: ci-store-conformance-s3
ci-store-conformance-s3: setup-s3 ## The same for S3, against S3_ENDPOINT if it is set, else radosgw, else the tests' own server
	@node_modules/.bin/vitest run test/stores/s3

.PHONY: lint
lint: node_modules/.installed ## Check format, rules, and what nothing uses
	@node_modules/.bin/biome check .
	@node_modules/.bin/oxlint --type-aware
	@node_modules/.bin/knip

.PHONY: typecheck
typecheck: node_modules/.installed ## Check types
	@node_modules/.bin/tsc -p . --noEmit
	@node_modules/.bin/tsc -p src/console

.PHONY: format
format: node_modules/.installed ## Format the sources
	@node_modules/.bin/biome check --write .

.PHONY: settings-table
settings-table: build ## Write the table of settings into the README
	@node dist/test/support/write-settings-table.js

# Where `make sbom` writes.
SBOM ?= atlas-registry.cdx.json

.PHONY: sbom
sbom: build ## List what runs in production as CycloneDX JSON in the file SBOM
	@node dist/test/support/write-sbom.js '$(SBOM)'

.PHONY: asyncapi
asyncapi: build ## Describe the events again in docs/asyncapi.yaml
	@node dist/test/support/write-asyncapi.js

.PHONY: client-types
client-types: build ## Write the types of the client in src/api-client/operations.ts from the OpenAPI document
	@node dist/test/support/write-client-types.js

.PHONY: man-page
man-page: build ## Write the manual page docs/man/atlas-registry.1 from the commands
	@mkdir -p docs/man
	@node dist/src/main.js man > docs/man/atlas-registry.1

.PHONY: command-tables
command-tables: build ## Write the tables of commands and of exit codes into docs/cli.md
	@node dist/test/support/write-command-tables.js

.PHONY: state-machines
state-machines: build ## Draw the state machines again in docs/state-machines.md
	@node dist/test/support/write-state-machines.js

.PHONY: screenshots
screenshots: build setup-tests ## Look at every page of the console, keep pictures in test-output/console, and renew those in docs/images
	@node_modules/.bin/vitest run test/console
	@node dist/test/support/write-screenshots.js

.PHONY: bench
bench: build setup-tests ## Run the benchmarks, or those named in ONLY="commands read": prints a table and writes JSON
	@node dist/bench/main.js $(ONLY)

# Of the registry that ops-cache-status looks at.
URL ?= http://127.0.0.1:3001

.PHONY: ops-cache-status
ops-cache-status: build ## Show the dataset cache of the registry at URL: fails below a hit ratio of 0.60 and above 8 GiB
	@node dist/src/main.js cache status --url '$(URL)' --min-hit-ratio 0.60 --max-bytes 8589934592

# How many requests `make fuzz` sends, and what they, or faults, are made from.
REQUESTS ?= 500000
SEED ?= 1

.PHONY: fuzz
fuzz: setup-tests ## Send REQUESTS requests made from the OpenAPI document with SEED: prints every answer that it does not describe
	@ATLAS_FUZZ_REQUESTS=$(REQUESTS) ATLAS_FUZZ_SEED=$(SEED) node_modules/.bin/vitest run test/http/fuzz

# How many nodes `make rolling-restarts` restarts.
RESTARTS ?= 20

.PHONY: rolling-restarts
rolling-restarts: setup-tests ## Restart writers and readers of a cluster RESTARTS times under load: no request may fail
	@ROLLING_RESTARTS=$(RESTARTS) node_modules/.bin/vitest run test/cluster/rolling-restart.test.ts

# How long `make faults` goes on, and where it keeps the files of a run in which a promise was broken. BEDS and ONLY
# narrow it to beds and faults by parts of their names: BEDS=power,damage ONLY="kill,part one".
MINUTES ?= 60
FAULTS ?= .atlas-faults

.PHONY: faults
faults: build setup-tests ## Do faults for MINUTES with SEED to clusters of this machine, and check what clients saw; keeps files in FAULTS
	@node dist/test/faults/main.js run '$(FAULTS)' '$(MINUTES)' '$(SEED)' '$(BEDS)' '$(ONLY)'

.PHONY: faults-check
faults-check: build ## Check a run again whose files were kept in FAULTS
	@node dist/test/faults/main.js check '$(FAULTS)'

.PHONY: ops-perf-cold-start
ops-perf-cold-start: build ## Measure the start of a reader with an empty cache, until 8 datasets have answered
	@node dist/bench/main.js start-cold

.PHONY: ops-perf-warm-start
ops-perf-warm-start: build ## The same with a full cache: no downloads, and the files are not read through
	@node dist/bench/main.js start-warm

.PHONY: clean
clean: ## Remove what was built and installed; the data under .atlas stays
	@rm -rf dist node_modules embedded/node_modules bench/results test-output
