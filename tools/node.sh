#!/usr/bin/env bash
# Brings what runs on Node.js: the packages of contracts/, of the chain gateway and of the circuits with their prover, the compiled contracts, the bundled gateway. Does nothing where all is fresh.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/artifacts"
exec 9> "$root/artifacts/.node-lock"; flock 9
"$root/tools/npm-ci.sh" "$root/contracts"
"$root/tools/npm-ci.sh" "$root/src/Pms.Chain/node"
"$root/tools/npm-ci.sh" "$root/circuits"
"$root/tools/forge.sh" build --skip 'test/[!s]*' > "$root/artifacts/forge-build.log" 2>&1 || { cat "$root/artifacts/forge-build.log" >&2; exit 1; }
gateway=$root/src/Pms.Chain/node
if [ ! -f "$gateway/dist/gateway.js" ] || [ -n "$(find "$gateway/src" "$gateway/package-lock.json" -newer "$gateway/dist/gateway.js" -print -quit)" ]; then
  (cd "$gateway" && npm run --silent check && npm run --silent build -- --log-level=warning)
fi
