# Entry points for people and CI. `make setup` installs missing dependencies; the other targets run
# it as needed.
CARGO ?= cargo
FUZZ_SECONDS ?= 600
# Profile of the packaged program, and more arguments for maturin.
PROFILE ?= release
MATURIN_ARGS ?=
# Calls between real processes mostly wait, so two cores can run four at once.
TEST_THREADS ?= 4
PAGE_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)
export PATH := $(CURDIR)/target/tools:$(CURDIR)/target/tools/bin:$(CURDIR)/target/tools/wheel/bin:$(PATH)

.PHONY: help demo setup web test e2e e2e-web soak fuzz check book bench bench-dispatch fmt wheel deb \
	tarball test-packages

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## run a complete call on this machine, without keys; make demo ARGS=--web to talk to it
	@scripts/demo.sh $(ARGS)

setup: ## fetch the native core and livekit-server
	@scripts/setup.sh

web: web/dist/index.html ## build the web page that is embedded in the program (needs npm)

web/dist/index.html: web/node_modules/.package-lock.json $(PAGE_SOURCES)
	cd web && npm run build
	@touch $@ build.rs

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

test: web ## run all tests, against a real livekit-server and in a real browser; SUITES=e2e for some
	@scripts/setup.sh test
	RUST_TEST_THREADS=$(TEST_THREADS) scripts/test.py $(SUITES)

e2e: ## run only the calls between real processes
	@scripts/setup.sh test
	$(CARGO) test --locked --test e2e --test matrix -- --nocapture

e2e-web: web ## run only the web page in a browser, against a demo
	@scripts/setup.sh test
	$(CARGO) build --locked
	cd web && npm test

soak: setup ## run a thousand calls, and as many rooms as the machine can handle
	$(CARGO) test --locked --test load -- --nocapture --ignored --test-threads=1

fuzz: ## run each fuzzer for FUZZ_SECONDS (needs cargo-fuzz and a nightly compiler)
	crates/core/fuzz/run.sh $(FUZZ_SECONDS)

check: web ## check formatting, lints, docs, links, dependencies, file sizes and the official crate
	@scripts/setup.sh check
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path crates/core/fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --document-private-items
	cargo-deny --locked check --hide-inclusion-graph bans licenses sources
	cargo-machete
	scripts/sizes.sh
	scripts/links.py
	mdbook build docs
	cd web && npm run check
	DOCS_RS=1 $(CARGO) check --workspace --locked --no-default-features --features static

book: ## build the documentation as web pages, into target/book
	@scripts/setup.sh book
	mdbook build docs

bench: setup ## compare CPU and memory of one call with a bare participant
	$(CARGO) bench --locked --bench call

bench-dispatch: setup ## measure latency: start to registered, offer to answer, dispatch to listening
	$(CARGO) bench --locked --bench dispatch

fmt: ## format the code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path crates/core/fuzz/Cargo.toml

wheel: web ## build the Python package into target/packages: the program, installed by pip, pipx or uv
	@scripts/setup.sh wheel
	maturin build --profile $(PROFILE) --out target/packages $(MATURIN_ARGS)

deb: web ## build the Debian package into target/packages
	@scripts/setup.sh native
	$(CARGO) build --profile $(PROFILE) --locked
	scripts/package.sh deb target/$(PROFILE)/parlor

tarball: web ## build the archive for other distributions into target/packages
	@scripts/setup.sh native
	$(CARGO) build --profile $(PROFILE) --locked
	scripts/package.sh tarball target/$(PROFILE)/parlor

test-packages: ## build all packages, install them, and run a call with each (Debian, as root)
	@scripts/setup.sh
	scripts/test-packages.sh
