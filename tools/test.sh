#!/usr/bin/env bash
# Builds everything, runs every test project and closes with one line that sums all of them.
#   tools/test.sh [PROJECT-NAME-PART ...]     PMS_LONG=1 for the long fuzz counts
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd); cd "$root"
results="$root/artifacts/test-results"; rm -rf "$results"; mkdir -p "$results"
dotnet build Pms.slnx -c Release --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }

passed=0; failed=0; skipped=0; broken=0
for project in tests/*.Tests; do
  name=$(basename "$project")
  if [ $# -gt 0 ]; then
    wanted=; for part in "$@"; do [[ "$name" == *"$part"* ]] && wanted=yes; done
    [ -n "$wanted" ] || continue
  fi
  xml="$results/$name.xml"
  echo "== $name"
  dotnet "artifacts/bin/$name/release/$name.dll" -noLogo -noColor -xml "$xml" > "$results/$name.log" 2>&1
  code=$?
  if [ ! -s "$xml" ]; then
    cat "$results/$name.log"; echo "$name: ended with $code and no result file"; broken=$((broken + 1)); continue
  fi
  counts=$(grep -o '<assembly [^>]*' "$xml" | head -n 1)
  get() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<< "$counts"; }
  p=$(get passed); f=$(get failed); s=$(get skipped); e=$(get errors)
  passed=$((passed + p)); failed=$((failed + f + e)); skipped=$((skipped + s))
  if [ "$code" -ne 0 ] || [ "$f" -ne 0 ]; then cat "$results/$name.log"; fi
  if [ "$code" -ne 0 ] && [ "$f" -eq 0 ] && [ "$e" -eq 0 ]; then broken=$((broken + 1)); fi
  if [ "$s" -ne 0 ]; then grep -i 'skip' "$results/$name.log" | head -n 5; fi
  echo "   $p passed, $f failed, $s skipped"
done
failed=$((failed + broken))
line="$passed passed, $failed failed"; [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
