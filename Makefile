# All that is done with this repository, by people and by CI, is a target here.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/evident

# One target directory for all checkouts: a fresh clone does not compile its dependencies anew.
# scripts/with-target keeps the checkouts apart.
export CARGO_TARGET_DIR ?= $(CACHE)/target
export BUILD_CACHE := $(CACHE)
export PATH := $(CACHE)/tools/bin:$(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

# What CI tests is what Cargo.lock says; a developer may be about to change it.
LOCKED := $(if $(CI),--locked)

# Where `make run` keeps its data.
DATA = ./data

# How long `make fuzz` runs each target.
SECONDS = 60

# How many events `make bench` fills directories with, one run each.
SIZES = 1000000

# How many requests `make contract` makes up for each operation, and from which seed.
EXAMPLES = 1000
SEED = 1

.PHONY: help run test check bench fuzz contract
.DEFAULT_GOAL := help

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: export EVIDENT_DATA := $(DATA)
run: ## Build the console and the server, and serve the demo on 127.0.0.1:8700; data in ./data, or DATA=<directory>
	@scripts/setup run
	@scripts/run

test: ## Everything that must hold: what `check` checks, then every test
	@scripts/setup test
	@scripts/with-target scripts/lint $(LOCKED)
	@scripts/with-target scripts/test $(LOCKED)

check: ## The quick part: format, lints, licences and sources, the rules of the house
	@scripts/setup check
	@scripts/with-target scripts/lint $(LOCKED)
	@scripts/with-target cargo test --package evident-house $(LOCKED)

bench: export EVIDENT_BENCH_SIZES := $(SIZES)
bench: ## Measure the server over loopback: ingest, queries, disk, start; SIZES="1000000 10000000" events
	@scripts/setup bench
	@scripts/bench $(LOCKED)

fuzz: export CARGO_TARGET_DIR := $(CACHE)/fuzz-target
fuzz: ## Look for inputs that break what must hold: a minute for each target, or SECONDS=<number>
	@scripts/setup fuzz
	@scripts/with-target scripts/fuzz long $(SECONDS) $(LOCKED)

contract: export CONTRACT_EXAMPLES := $(EXAMPLES)
contract: export CONTRACT_SEED := $(SEED)
contract: export CONTRACT_SHRINK := yes
contract: ## Ask the server all that its OpenAPI document allows and forbids: EXAMPLES=<number>, SEED=<number>
	@scripts/setup contract
	@scripts/with-target cargo build --package evident-server --bin evident $(LOCKED)
	@scripts/with-target scripts/contract
