#!/usr/bin/env bash
# Loads on a running risk server, client and server in one process on this machine; keeps the table with date and machine.
#   tools/bench-load.sh                          each for about ten seconds
#   LONG=1 tools/bench-load.sh                   quotes for 5 minutes, the soak for an hour
#   WL="TICK WHATIF" tools/bench-load.sh         some of TICK INGEST WHATIF RESTART SOAK
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd); cd "$root"
WL=${WL:-TICK INGEST WHATIF RESTART SOAK}
out="$root/bench/results/$(date -u +%Y-%m-%d)-load.txt"
mkdir -p "$(dirname "$out")"
./pms bench --help > /dev/null   # builds first, so that no build falls into a timed run
seconds() { # WORKLOAD: how long it lasts in the long run
  case "$1" in INGEST) echo 300 ;; SOAK) echo 3600 ;; *) echo 60 ;; esac
}
{
  echo "commit  $(git rev-parse --short HEAD 2>/dev/null || echo unknown)$(git diff --quiet 2>/dev/null || echo ' + changes')"
  echo "cpu     $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
  echo "runtime .NET $(dotnet --version)"
  echo "load    $(cut -d' ' -f1-3 /proc/loadavg) before the first run; each line has the load of its end"
  echo
} > "$out"
failed=0
for workload in $WL; do
  if [ "${LONG:-0}" = 1 ]; then PMS_LOAD_SECONDS=$(seconds "$workload"); export PMS_LOAD_SECONDS; fi
  ./pms bench "$workload" | tee -a "$out" || { echo "$workload: a check failed" | tee -a "$out"; failed=1; }
done
awk -f tools/bench-load-goals.awk "$out" | tee -a "$out"
echo "table kept in $out"
exit "$failed"
