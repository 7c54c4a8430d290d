# Two commands are enough: `make run` and `make test`.
.PHONY: run demo build test check dev soak season timing fmt clean

export CARGO_INCREMENTAL ?= 0
PROFILE ?= ci
BIN ?= $(CURDIR)/target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/flyt
SHARED ?= $(CURDIR)/../shared

run: ## Build and serve on http://127.0.0.1:8080 with the embedded store in ./data
	cargo run --release --bin flyt -- serve --data data $(ARGS)

demo: ## A salon with a month behind it, in memory, on http://127.0.0.1:8080
	cargo run --release --bin flyt -- demo $(ARGS)

build: ## target/release/flyt
	cargo build --release --bin flyt

test: ## Everything, on both engines; installs PostgreSQL where it is missing
	scripts/test

check: ## Formatting and lints; with the profile that the tests are built with, so that C libraries are compiled once
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --profile $(PROFILE) -- -D warnings

dev: ## The server of the debug build
	cargo run --bin flyt -- serve --data data $(ARGS)

soak: ## Kills, overload, several nodes, a database that goes away: at most an hour; SHORT=1 takes five minutes
	scripts/soak --binary $(BIN) $(if $(SHORT),--short)

season: ## A real salon's year against the built binary
	python3 $(SHARED)/checks/season.py --binary $(BIN)

timing: ## The timing scenarios against the built binary
	python3 $(SHARED)/checks/timing.py --binary $(BIN)

fmt:
	cargo fmt --all

clean:
	cargo clean
