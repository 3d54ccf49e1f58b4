#!/usr/bin/env bash
# Starts the risk server on a made-up market with 200 accounts and an insurance fund, and the dashboard where npm is there to build it.
#   tools/serve.sh [PORT]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/tools/web.sh"
cd "$root"
exec "$root/pms" serve --feed sim --accounts 200 --insurance 250000 --port "${1:-8080}" --web "$root/web/dist"
