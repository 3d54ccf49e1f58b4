#!/usr/bin/env bash
# Margins a book on a board, shows why, and runs the loop on a local chain: the board and book that ship with the project (made by its simulated exchange), or the files given.
#   tools/demo.sh [BOARD [BOOK]]      a BOARD without a BOOK gets a book drawn on it
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
if command -v npm > /dev/null; then
  echo; echo "== The loop on a local chain: margins, attesters, batch, trades, a margin call"
  "$root/tools/node.sh"
  "$root/pms" chain run --seed 7
else
  echo; echo "No npm: the part on a local chain needs Node 20 and is left out"
fi
echo
echo "The surface: $page    The book: $book"
if [ -t 1 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open > /dev/null; then xdg-open "$page" > /dev/null 2>&1 || true
elif [ -t 1 ] && [ "$(uname)" = Darwin ]; then open "$page" || true
fi
