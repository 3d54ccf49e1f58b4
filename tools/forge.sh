#!/usr/bin/env bash
# Forge on the contracts, installed when it is not there yet:  tools/forge.sh test --match-path 'test/gas/*'
# The launcher that npm links ends with 0 whatever forge ends with, so the program itself is called.
set -euo pipefail
cd "$(dirname "$0")/../contracts"
../tools/npm-ci.sh .
exec node_modules/@foundry-rs/forge-*/bin/forge "$@"
