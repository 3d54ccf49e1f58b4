#!/usr/bin/env bash
# Starts the risk server on a made-up market with 200 accounts, and the dashboard where npm is there to build it.
#   tools/serve.sh [PORT]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if command -v npm > /dev/null && [ -f "$root/web/package.json" ]; then
  cd "$root/web"
  [ node_modules/.package-lock.json -nt package-lock.json ] || { npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; }
  npm run --silent build > /dev/null
fi
cd "$root"
exec "$root/pms" serve --feed sim --accounts 200 --port "${1:-8080}" --web "$root/web/dist"
