# make run   builds, loads a demo district and serves it
# make test  every check there is, on a fresh machine too

.PHONY: help run test fmt clippy unit integration contract openapi bench

help: ## What each of these does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: ## Build, load the demo district into var/, serve it on port 8080
	cargo build --release --quiet --bin gridward
	./target/release/gridward demo --serve

test: fmt clippy unit integration contract ## Every check, as CI runs it

fmt: ## The formatting of the sources
	cargo fmt --all -- --check

clippy: ## The lint table of Cargo.toml, nothing let pass
	cargo clippy --quiet --workspace --all-targets --all-features -- --deny warnings

unit: ## Decisions and parts, each beside its code
	cargo test --workspace --all-features --lib

integration: ## The real binary over HTTP, on SQLite and on a PostgreSQL of its own
	tests/with-postgres cargo test --package gridward-api --test server

contract: ## openapi.yaml by its linters, a generated client, and a fuzzer on a live server
	tests/contract/run

openapi: ## Write openapi.yaml anew from the code
	cargo run --quiet --bin gridward -- openapi > openapi.yaml.new && mv openapi.yaml.new openapi.yaml

bench: ## The serving figures of the README, SQLite and PostgreSQL (needs wrk)
	tests/with-postgres bench/serve.py --postgres
