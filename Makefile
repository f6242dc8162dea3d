# Every command of a developer. CI calls the same ones.
#
#   make run        build everything and open a demo house (no root, no packages)
#   make test       all tests: Rust, web, browser (installs what is missing with apt)
#   make ci         lint + doc + test, each once
#   make latency    glass to glass, beside a peer-to-peer floor
#   make weather    real browsers under delay, loss and limits, beside peer to peer (ARGS=--quick)
#   make interop    other people's WHIP and WHEP clients (ARGS=--quick without the one in Rust)
#   make sim SEEDS=1000   the media node on a virtual network, in so many weathers
#   make fuzz SECONDS_EACH=600   every fuzz target, from another seed each time
#   make bench-arrival   500 viewers in 5 s: first packets, first pictures, keyframes
#   make bench-sfu  the cost of forwarding, beside the floor and beside Janus

SHELL := /bin/sh
.NOTPARALLEL:
CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

web_sources := $(shell find webapp/src webapp/public webapp/scripts webapp/index.html \
	webapp/vite.config.ts webapp/tsconfig.json webapp/package.json -type f 2>/dev/null)

.PHONY: run web test test-rust test-web e2e e2e-run ci lint fmt doc latency weather interop bench-sfu \
	bench-arrival sim \
	fuzz fuzz-smoke generate prerequisites

run: web
	$(CARGO) build --release --locked -p rampa
	./target/release/rampa up --demo

# --- the web app -----------------------------------------------------------------------------

web: webapp/dist/index.html

webapp/dist/index.html: $(web_sources) webapp/node_modules/.package-lock.json
	cd webapp && npm run build

# Node packages: installed again when what is locked changes.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci
	@touch $@

# --- tests -----------------------------------------------------------------------------------

# What builds once is used by all: the browser tests run the binary that the Rust tests built.
test: prerequisites web
	$(MAKE) test-rust
	$(MAKE) test-web
	$(MAKE) e2e-run
	$(MAKE) fuzz-smoke

test-rust:
	$(CARGO) test --locked --workspace

test-web: webapp/node_modules/.package-lock.json
	cd webapp && npm test

e2e: prerequisites web
	$(CARGO) build --locked -p rampa
	$(MAKE) e2e-run

e2e-run: e2e/node_modules/.package-lock.json
	cd e2e && RAMPA_BIN=../target/debug/rampa npm test

SEEDS ?= 1000
sim:
	SEEDS=$(SEEDS) $(CARGO) test --locked --workspace --test simulation

fuzz-smoke:
	scripts/fuzz.sh

SECONDS_EACH ?= 600
fuzz:
	scripts/fuzz.sh $(SECONDS_EACH) 0

prerequisites:
	@scripts/prerequisites.sh

# --- lint and documentation ------------------------------------------------------------------

ci: prerequisites lint doc test

lint: webapp/node_modules/.package-lock.json e2e/node_modules/.package-lock.json \
		scripts/node_modules/.package-lock.json
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	cd webapp && npm run lint
	cd webapp && npm run check
	cd e2e && npm run check
	node scripts/crate-boundaries.mjs
	scripts/node_modules/.bin/dclint --config scripts/dclint.json docker-compose.yml

fmt: webapp/node_modules/.package-lock.json
	$(CARGO) fmt --all
	cd webapp && npm run format

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

# The TypeScript of the protocol; a test fails when it is out of date.
generate:
	$(CARGO) run -q --locked -p protocol --example generate > target/protocol.ts
	mv target/protocol.ts webapp/src/api/generated/protocol.ts

# --- measurements ----------------------------------------------------------------------------

latency: prerequisites web e2e/node_modules/.package-lock.json
	$(CARGO) build --release --locked -p rampa
	cd e2e && RAMPA_BIN=../target/release/rampa npm run --silent latency

weather: prerequisites web e2e/node_modules/.package-lock.json
	$(CARGO) build --release --locked -p rampa
	cd e2e && RAMPA_BIN=../target/release/rampa npm run --silent weather -- $(ARGS)

interop: prerequisites web e2e/node_modules/.package-lock.json
	$(CARGO) build --locked -p rampa
	interop/install.sh $(ARGS)
	cd e2e && RAMPA_BIN=../target/debug/rampa npm run --silent interop -- $(ARGS)

bench-sfu:
	@WITH_JANUS=1 scripts/prerequisites.sh
	scripts/bench-sfu.sh $(ARGS)

# 500 viewers in five seconds, and a browser among them.
bench-arrival: prerequisites e2e/node_modules/.package-lock.json
	$(CARGO) build --release --locked -p rampa
	RAMPA_BIN=$(CURDIR)/target/release/rampa $(CARGO) bench --locked -p sfu --bench arrival -- \
		--browser $(CURDIR)/e2e $(ARGS)
