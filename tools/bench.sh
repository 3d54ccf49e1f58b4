#!/usr/bin/env bash
# Times the engine and, where the peer programs lie beside the repository, its peers in the same rounds; keeps the table.
#   ROUNDS=3 WL=W3,W4,W5 tools/bench.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd); cd "$root"
WL=${WL:-W1,W2,W3,W4,W5,W6}; ROUNDS=${ROUNDS:-3}
peers=${PMS_SHARED:-$root/../shared}/bench/run.sh
out="$root/bench/results/$(date -u +%Y-%m-%d)-markets.txt"
mkdir -p "$(dirname "$out")"
./pms bench --help > /dev/null   # builds first, so that no build falls into a timed round
{
  echo "commit  $(git rev-parse --short HEAD 2>/dev/null || echo unknown)$(git diff --quiet 2>/dev/null || echo ' + changes')"
  echo "cpu     $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
  echo "runtime .NET $(dotnet --version)"
  echo "rounds  $ROUNDS, workloads $WL"
  echo
} > "$out"
export BUILD=${BUILD:-${TMPDIR:-/tmp}/pms-peers}
if [ -f "$peers" ]; then
  OURS="$root/pms bench ${WL//,/ }" WL="$WL" ROUNDS="$ROUNDS" bash "$peers" | tee -a "$out"
  { echo; echo "ours | peer | peer / ours, least CPU time of all rounds, one thread"; awk -f tools/bench-ratios.awk "$BUILD/results.jsonl" | sort; } | tee -a "$out"
else
  echo "no peers: $peers is absent; our own rows only" | tee -a "$out"
  for _ in $(seq "$ROUNDS"); do ./pms bench ${WL//,/ }; done | tee -a "$out"
fi
echo | tee -a "$out"; ./pms bench W4SCALE SURFACE REPLAY SIM | tee -a "$out"
echo "table kept in $out"
