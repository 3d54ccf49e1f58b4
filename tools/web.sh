#!/usr/bin/env bash
# Builds the dashboard into web/dist where npm is there to do it; installs what it needs first.
set -euo pipefail
cd "$(dirname "$0")/../web"
command -v npm > /dev/null || exit 0
../tools/npm-ci.sh .
[ -f dist/index.html ] && [ -z "$(find src ../ts/attestation/src index.html package-lock.json vite.config.ts -newer dist/index.html -print -quit)" ] || npm run --silent build > /dev/null
