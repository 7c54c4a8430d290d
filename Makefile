# Two commands are enough: `make run` and `make test`.
.PHONY: run demo build test check web dev soak season timing fmt clean

export CARGO_INCREMENTAL ?= 0
PROFILE ?= ci
BIN ?= $(CURDIR)/target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/flyt
SHARED ?= $(CURDIR)/../shared

web: web/dist/index.html ## The web app, which the server takes along; built anew when a source is newer

web/node_modules/.package-lock.json: web/package-lock.json web/.npmrc
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1 || { echo "make: the web app needs Node 20.19 or newer, with npm. A server without it: cargo run --release --bin flyt -- serve --data data"; exit 1; }
	cd web && npm ci && touch node_modules/.package-lock.json
web/dist/index.html: web/node_modules/.package-lock.json web/index.html web/vite.config.ts web/tsconfig.json $(shell find web/src web/public -type f)
	cd web && npm run build && touch dist/index.html

run: web ## Build and serve on http://127.0.0.1:8080 with the embedded store in ./data
	cargo run --release --bin flyt -- serve --data data $(ARGS)

demo: web ## A salon with a month behind it, in memory, on http://127.0.0.1:8080
	cargo run --release --bin flyt -- demo $(ARGS)

build: web ## target/release/flyt
	cargo build --release --bin flyt

test: web ## Everything, on both engines; installs PostgreSQL where it is missing
	scripts/test

check: web ## Formatting and lints; with the profile that the tests are built with, so that C libraries are compiled once
	cd web && npm run lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --profile $(PROFILE) -- -D warnings

dev: web ## The server of the debug build; it reads the app from web/dist
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
