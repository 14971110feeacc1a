# Gridward's commands. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

CONTRACT := tests/contract
BINARY := $(or $(CARGO_TARGET_DIR),target)/debug/gridward

.PHONY: help run web web-unit web-fast web-slow web-speed web-test test fmt clippy unit integration contract openapi schema bench

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## Build quickly and serve the demo district from var/gridward.db
	@$(MAKE) web || echo "The web apps are not in this build; Gridward serves the API alone." >&2
	cargo run --profile quick --package gridward-api -- demo --serve

web: web/dist/built ## Build the web apps into web/dist, from where cargo embeds them

web-unit: web/node_modules/installed web/src/core/contract.d.ts ## Check the types of the web apps and run their unit tests
	npm --prefix web run check
	npm --prefix web test

web-fast: web ## Test the phone app in Chromium against the binary, without the slow tests
	cargo build --quiet --workspace
	CHROMIUM=$$(web/scripts/chromium.sh) npm --prefix web run --silent e2e -- --grep-invert "@slow|@speed"

web-slow: web ## Test the phone app in Chromium against the binary, the slow tests
	cargo build --quiet --workspace
	CHROMIUM=$$(web/scripts/chromium.sh) npm --prefix web run --silent e2e -- --grep @slow

web-speed: web ## Measure the phone app against its budgets, on a machine without other work
	cargo build --quiet --workspace
	CHROMIUM=$$(web/scripts/chromium.sh) npm --prefix web run --silent e2e -- --grep @speed

web-test: web-unit web-fast web-slow ## Test the phone app in Chromium against the binary, all of it

test: fmt clippy unit web-unit web integration contract web-fast ## Run all checks; required for every change

fmt: ## Check the formatting of the Rust code
	cargo fmt --all --check

clippy: ## Check the Rust code against the lint table
	cargo clippy --quiet --workspace --all-targets -- --deny warnings

unit: ## Run the unit tests
	cargo test --quiet --workspace --lib --bins
	cargo test --quiet --workspace --doc

integration: ## Test the binary over HTTP, on SQLite and PostgreSQL
	GRIDWARD_TEST_FSYNC=off tests/with-postgres cargo test --quiet --workspace --test '*'

contract: .venv/installed $(CONTRACT)/node_modules/installed ## Check openapi.yaml and the server against it
	cargo build --quiet --workspace
	GRIDWARD_BINARY=$(abspath $(BINARY)) .venv/bin/pytest $(CONTRACT)

openapi: ## Regenerate openapi.yaml
	cargo build --quiet --workspace
	$(BINARY) openapi > openapi.yaml.new
	mv openapi.yaml.new openapi.yaml

schema: ## Regenerate api/src/db/schema.rs from the migrations (needs diesel_cli with SQLite)
	mkdir -p var && rm -f var/schema.db
	diesel migration run --migration-dir migrations/sqlite --database-url var/schema.db --locked-schema
	diesel print-schema --database-url var/schema.db > api/src/db/schema.rs

bench: ## Measure the server against its upper limits (needs wrk)
	tests/with-postgres bench/serve.py --postgres

# What the contract checks run with; installed again only when the pinned versions change.

.venv/installed: $(CONTRACT)/requirements.txt
	@python3 -m venv .venv || { echo "the contract checks need Python's venv: install python3-venv" >&2; exit 1; }
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(CONTRACT)/node_modules/installed: $(CONTRACT)/package-lock.json
	@command -v npm >/dev/null || { echo "the contract checks need Node 20 or later with npm" >&2; exit 1; }
	npm ci --prefix $(CONTRACT) --loglevel error --no-progress
	@touch $@

# The web apps. Cargo never runs npm: a build without Node serves the API alone.

web/node_modules/installed: web/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null || \
		{ echo "the web apps need Node 20.19 or later with npm, found $$(node --version 2>/dev/null || echo none)" >&2; exit 1; }
	npm ci --prefix web --loglevel error --no-progress
	@touch $@

web/src/core/contract.d.ts: openapi.yaml web/node_modules/installed
	npm --prefix web run --silent types

web/dist/built: web/node_modules/installed web/src/core/contract.d.ts $(shell find web/src web/public web/scripts web/*.ts web/*.js -type f 2>/dev/null)
	VITE_BUILD=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) npm --prefix web run --silent build
	@touch $@
