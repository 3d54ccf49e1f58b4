.DEFAULT_GOAL := help
.PHONY: help demo serve test test-long test-contracts gas bench bench-load format check clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: ## margin a book and show why, then the whole system in the browser until Ctrl-C (PORT=8080; BOARD=path BOOK=path: your own, without the system)
	@tools/demo.sh $(BOARD) $(BOOK)

serve: ## the risk server on a made-up market, with its dashboard where npm is (PORT=8080)
	@tools/serve.sh $(or $(PORT),8080)

test: ## build and run every test
	@tools/test.sh

test-long: ## the same with ten times the random cases
	@PMS_LONG=1 tools/test.sh

test-contracts: ## build and test the contracts alone
	@tools/test.sh contracts

gas: ## measure the contracts' gas anew; keeps contracts/gas/ and docs/gas.md
	@tools/forge.sh test --isolate --match-path 'test/gas/*' && node tools/gas-table.mjs

bench: ## time the engine beside its peers, keep the table in bench/results/
	@tools/bench.sh

bench-load: ## loads on a running server (LONG=1: as long as the record asks), keep the table in bench/results/
	@tools/bench-load.sh

format: ## rewrite the sources in the house style
	@dotnet format Pms.slnx

check: ## what CI runs: style, build, test
	@dotnet format Pms.slnx --verify-no-changes
	@tools/test.sh

clean: ## remove everything built
	@rm -rf artifacts contracts/out contracts/cache
