#!/usr/bin/env bash
# Margins a book on a board and shows why: the board that ships with the project (made by its simulated exchange), or the files given. Then, without files given, the whole system on this machine until Ctrl-C:
# market, 200 accounts on a local chain, attesters, keepers, risk server, dashboard.
#   tools/demo.sh [BOARD [BOOK]]      a BOARD without a BOOK gets a book drawn on it
#   PORT=8080 SECONDS_TO_RUN=0 tools/demo.sh      0: until Ctrl-C
#   PROOF_SECONDS=180      solvency is proven so often; 0: never
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/artifacts/demo; mkdir -p "$out"
board=${1:-$root/demo/board.csv.gz}
book=${2:-$out/book.csv}
page=${PMS_DEMO_PAGE:-$out/surface.html}
[ $# -ge 2 ] || "$root/pms" book make "$board" --accounts 12 --seed 7 > "$book"
"$root/pms" surface fit "$board"
"$root/pms" surface plot "$board" -o "$page"
# Exit code 3 says that an account is below its maintenance margin: an answer, not a failure.
margin() { "$root/pms" "$@" || [ $? -eq 3 ]; }
echo; echo "== What each account must hold"
margin margin --board "$board" --portfolio "$book"
echo; echo "== What other models would ask for the same book"
margin margin --board "$board" --portfolio "$book" --all-models
account=$(awk -F, '$1 != "account" && $2 != "" { print $1; exit }' "$book")
echo; echo "== Why $account is asked what it is"
margin explain --board "$board" --portfolio "$book" --account "$account"
echo; echo "The surface: $page    The book: $book"
[ $# -eq 0 ] || exit 0
if ! command -v npm > /dev/null; then
  echo; echo "No npm: the system on a local chain needs Node 20 and is left out"
  exit 0
fi
echo; echo "== The whole system: market, accounts on a local chain, attesters, keepers, risk server, dashboard"
"$root/tools/node.sh"
"$root/tools/web.sh"
port=${PORT:-8080}
if [ -t 1 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open > /dev/null; then (sleep 5; xdg-open "http://127.0.0.1:$port/" > /dev/null 2>&1 || true) &
elif [ -t 1 ] && [ "$(uname)" = Darwin ]; then (sleep 5; open "http://127.0.0.1:$port/" || true) &
fi
exec "$root/pms" demo --port "$port" --seconds "${SECONDS_TO_RUN:-0}" --proof-seconds "${PROOF_SECONDS:-180}" --web "$root/web/dist"
