# The index of every command of the project; `docs/hacking.md` says when to use which.
# Build output goes to stderr, so that `make -s demo ARGS=--json` prints one document.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PROGRAMS := signalbox signalbox-agent signalbox-sandbox
STRICT := --explicit-target-dependency-import-check error
DEBUG := $(STRICT) --enable-code-coverage
RELEASE := $(STRICT) -c release --static-swift-stdlib
SOURCES := Package.swift Sources Agent Coordinator Tests
ARGS ?=

.PHONY: help dependencies build build-tests deb demo hosts-test simulate test test-swift test-clients test-ruby test-stack bench cover walk \
	mutants fuzz lint format ci ci-long clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

dependencies: ## install the C libraries, knot and dnsmasq where they are missing
	@Packaging/scripts/install-dependencies >&2

build: dependencies ## release programs into build/bin
	@swift build $(RELEASE) >&2
	@mkdir -p build/bin
	@bin=$$(swift build $(RELEASE) --show-bin-path); \
	for program in $(PROGRAMS); do install -m 0755 "$$bin/$$program" build/bin/; done
# One file for both, which are alike but for a few percent.
	@ln -sfn signalbox build/bin/signalbox-coordinator

deb: build ## Debian packages into build/debs, checked
	@Packaging/scripts/install-dependencies packing >&2
	@Packaging/scripts/build-debs
	@Packaging/scripts/check-debs

demo: build ## real processes on this machine: fail over, do nothing, fail back
	@build/bin/signalbox demo $(ARGS)

hosts-test: ## booted hosts with the packages: regions die; ARGS: --ansible: the collection installs them; --article: the whole walk
	@Tests/Hosts/run $(ARGS)

simulate: build ## minutes of simulated faults, jumping against stepping, healthy weather
	@Packaging/scripts/check-simulation $(ARGS)

test: test-swift test-clients test-ruby ## everything that is tested but for stacks and hosts

# In three runs: computing tests would starve those that wait for servers, and process tests need
# the machine's cores for themselves.
COMPUTING := (Wire|Codec|Settings|AgentCore|Decision|CoordinatorCore|Store|Screens|Simulator|Recording|Tidy)Tests
PROCESSES := IntegrationTests
RUN := swift test $(DEBUG) --skip-build --disable-xctest

build-tests: dependencies ## what the tests need
	@swift build $(DEBUG) --build-tests >&2

test-swift: build-tests ## the Swift tests, with coverage
	@$(RUN) --filter '^$(COMPUTING)'
	@cp "$$(swift test --show-codecov-path)" .build/coverage.json
	@$(RUN) --skip '^$(COMPUTING)' --skip '^$(PROCESSES)'
	@$(RUN) --filter '^$(PROCESSES)'

test-clients: ## independent implementations against ours, in a virtual environment
	@Tests/clients/run

test-ruby: build-tests ## the Ruby gem, the Rails example in two regions, clients that keep their address
	@SIGNALBOX_LIBEXEC=$$(swift build $(DEBUG) --show-bin-path) Tests/ruby/run

test-stack: ## the Ansible collection and the other examples, with the programs of build/bin
	@Tests/Stack/run

cover: ## region coverage of the last test run, module by module; fails under the gates
	@Packaging/scripts/coverage

bench: build ## what the simulator, a tick, a move, a report and many agents cost; ARGS: simulator, ticks, dns, ingest, load
	@SIGNALBOX_BENCH=1 SIGNALBOX_ONLY=DNS,Simulator,Sandbox \
		swift run --package-path Tests/Benchmarks --configuration release Benchmarks $(ARGS)

walk: build build-tests ## every fault of the sandbox on release programs, and 300 services; ARGS: some, short, long
	@for suite in FaultWalkTests ManyServicesTests; do \
		SIGNALBOX_LIBEXEC=$(CURDIR)/build/bin SIGNALBOX_WALK=$(or $(ARGS),short) \
			$(RUN) --filter $$suite; \
	done

mutants: ## breaks the decision in hundreds of ways (an hour); the core with ARGS='--module CoordinatorCore'
	@python3 Tests/Mutants/mutants.py $(ARGS)

# Three seeds, each five times as many files as rounds.
fuzz: dependencies ## a million mutated configuration files, under AddressSanitizer (SIGNALBOX_SEED: others)
	@SIGNALBOX_ONLY=Settings SIGNALBOX_ROUNDS=70000 swift test $(STRICT) --sanitize=address \
		--scratch-path .build-asan --disable-xctest --filter '^SettingsTests\.(Shim|Mutation)Tests'

lint: ## format and scripts
	@swift format lint --strict --configuration .swift-format --parallel --recursive $(SOURCES)
	@for script in Packaging/scripts/* Tests/clients/run Tests/Hosts/run Tests/ruby/run Tests/Stack/run .ci/run; do bash -n "$$script"; done

format: ## rewrite the Swift sources in the house's format
	@swift format --in-place --configuration .swift-format --parallel --recursive $(SOURCES)

ci: ## what guards the project, cheapest first
	@bash .ci/run

ci-long: mutants bench fuzz ## what takes hours: mutants, benchmarks, fuzz, the long walk, many simulated days
	@$(MAKE) walk ARGS=long
	@$(MAKE) hosts-test ARGS=--ansible
	@$(MAKE) hosts-test ARGS=--article
	@$(MAKE) simulate ARGS='--seconds 3600 --region-days 50000'

clean: ## remove what was built
	@rm -rf build .build .build-*
