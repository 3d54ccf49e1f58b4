#!/usr/bin/env bash
# npm ci where the lock file is newer than what is installed; nothing otherwise. What it says goes to standard error.
#   tools/npm-ci.sh FOLDER
set -euo pipefail
cd "$1"
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
