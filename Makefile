# Gridward's commands. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

CONTRACT := tests/contract
BINARY := $(or $(CARGO_TARGET_DIR),target)/debug/gridward

.PHONY: help run test fmt clippy unit integration contract openapi schema bench

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## Build quickly and serve the demo district from var/gridward.db
	cargo run --profile quick --package gridward-api -- demo --serve

test: fmt clippy unit integration contract ## Run all checks; required for every change

fmt: ## Check the formatting of the Rust code
	cargo fmt --all --check

clippy: ## Check the Rust code against the lint table
	cargo clippy --quiet --workspace --all-targets -- --deny warnings

unit: ## Run the unit tests
	cargo test --quiet --workspace --lib --bins
	cargo test --quiet --workspace --doc

integration: ## Test the binary over HTTP, on SQLite and PostgreSQL
	tests/with-postgres cargo test --quiet --workspace --test '*'

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
