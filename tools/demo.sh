#!/usr/bin/env bash
# Fits a surface to a board and shows it: the board that ships with the project (made by its simulated exchange), or the file given.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
board=${1:-$root/demo/board.csv.gz}
page=${PMS_DEMO_PAGE:-$root/artifacts/demo/surface.html}
mkdir -p "$(dirname "$page")"
"$root/pms" board show "$board"
"$root/pms" surface fit "$board"
"$root/pms" surface plot "$board" -o "$page"
echo
echo "The picture: $page"
if [ -t 1 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open > /dev/null; then xdg-open "$page" > /dev/null 2>&1 || true
elif [ -t 1 ] && [ "$(uname)" = Darwin ]; then open "$page" || true
fi
