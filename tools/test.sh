#!/usr/bin/env bash
# Builds everything, runs every test project and the contracts' suites, and closes with one line that sums all of them.
#   tools/test.sh [PROJECT-NAME-PART ...]     "contracts" is the part of the contracts, "circuits" that of the circuits, "ts-attestation" that of TypeScript, "web" the dashboard; PMS_LONG=1 for the long fuzz counts
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd); cd "$root"
results="$root/artifacts/test-results"; rm -rf "$results"; mkdir -p "$results"
parts=("$@")
wanted() { # NAME: asked for, or nothing in particular was
  [ ${#parts[@]} -eq 0 ] && return 0
  for part in "${parts[@]}"; do [[ "$1" == *"$part"* ]] && return 0; done
  return 1
}

passed=0; failed=0; skipped=0; broken=0
# A Debian package that tests use where it is: installed where that can be done; otherwise those tests are skipped and say so.
debian() { # PACKAGE
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 0
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"; } > "$results/$1.log" 2>&1 || tail -n 3 "$results/$1.log"
}
if wanted Pms.Server.Tests && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null; then debian postgresql; fi
case "${parts[*]}" in
  contracts | circuits | ts-* | web) ;;
  *)
    # The chain's gateway and the compiled contracts are what the tests of the chain run.
    tools/node.sh || { echo "0 passed, 1 failed"; exit 1; }
    dotnet build Pms.slnx -c Release --nologo -v quiet || { echo "0 passed, 1 failed"; exit 1; }
    ;;
esac
for project in tests/*.Tests; do
  name=$(basename "$project")
  wanted "$name" || continue
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

# Forge ends with "Ran N test suites in T: P tests passed, F failed, S skipped (A total tests)".
forge_tests() { # NAME, arguments of forge test
  local name=$1 log="$results/$1.log" line code; shift
  echo "== $name"
  tools/forge.sh test "$@" > "$log" 2>&1
  code=$?
  line=$(grep -E '^Ran [0-9]+ test suites? in .* tests passed, [0-9]+ failed' "$log" | tail -n 1)
  if [ -z "$line" ]; then tail -n 60 "$log"; echo "$name: ended with $code and no summary"; broken=$((broken + 1)); return; fi
  read -r p f s <<< "$(sed -E 's/.*: ([0-9]+) tests passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \2 \3/' <<< "$line")"
  passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + s))
  if [ "$code" -ne 0 ] && [ "$f" -ne 0 ]; then sed -n '/^Failing tests/,$p' "$log"; fi
  if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then tail -n 30 "$log"; broken=$((broken + 1)); fi
  echo "   $p passed, $f failed, $s skipped"
}
if wanted contracts; then
  [ -z "${PMS_LONG:-}" ] || export FOUNDRY_PROFILE=long
  # Gas is measured with each call as a transaction of its own, against the committed figures (`make gas` renews them).
  forge_tests contracts --no-match-path 'test/gas/*'
  FOUNDRY_GAS_SNAPSHOT_CHECK=true forge_tests contracts-gas --isolate --match-path 'test/gas/*'
fi
# Node ends with "# pass P" and "# fail F".
node_tests() { # NAME FOLDER [pattern of a line worth showing]
  local log="$results/$1.log" code p f
  echo "== $1"
  (tools/npm-ci.sh "$2" && cd "$2" && npm test) > "$log" 2>&1
  code=$?
  p=$(sed -n 's/^# pass //p' "$log"); f=$(sed -n 's/^# fail //p' "$log")
  if [ -z "$p" ] || [ -z "$f" ]; then tail -n 60 "$log"; echo "$1: ended with $code and no summary"; broken=$((broken + 1)); return; fi
  passed=$((passed + p)); failed=$((failed + f))
  if [ "$code" -ne 0 ]; then cat "$log"; [ "$f" -ne 0 ] || broken=$((broken + 1)); fi
  [ -z "${3:-}" ] || grep -o "$3" "$log" | tail -n 1 | sed 's/^/   /'
  echo "   $p passed, $f failed"
}
for package in ts/*/; do
  name=ts-$(basename "$package")
  if wanted "$name"; then node_tests "$name" "$package"; fi
done
# Forgeries against the circuits, and mutations of every guard.
if wanted circuits; then node_tests circuits circuits 'mutations noticed: .*'; fi
# Pages in the browser print a line for each check: "ok …" or "FAIL …".
browser_pages() { # NAME, npm script
  local log="$results/$1.log" code
  (cd web && npm run --silent "$2") > "$log" 2>&1
  code=$?
  p=$(grep -c '^ok ' "$log"); f=$(grep -c '^FAIL ' "$log")
  passed=$((passed + p)); failed=$((failed + f))
  if [ "$code" -ne 0 ]; then cat "$log"; [ "$f" -ne 0 ] || broken=$((broken + 1)); fi
  echo "   $p passed, $f failed"
}
# The dashboard: types, lint and unit tests; its pages in a browser where there is one.
if wanted web; then
  log="$results/web.log"
  echo "== web"
  (tools/npm-ci.sh web && cd web \
    && npm run --silent typecheck && npm run --silent lint && npm test --silent -- --reporter=default --reporter=json --outputFile.json="$results/web.json") > "$log" 2>&1
  code=$?
  if [ -s "$results/web.json" ]; then
    read -r p f <<< "$(node -p 'const r = require(process.argv[1]); `${r.numPassedTests} ${r.numFailedTests}`' "$results/web.json")"
    passed=$((passed + p)); failed=$((failed + f))
    echo "   $p passed, $f failed"
  else
    f=0
  fi
  if [ "$code" -ne 0 ]; then tail -n 60 "$log"; [ "$f" -ne 0 ] || broken=$((broken + 1)); fi
  echo "== web-screens"
  command -v chromium > /dev/null || debian chromium
  if ! command -v chromium > /dev/null; then
    skipped=$((skipped + 1)); echo "   1 skipped: no Chromium to show the pages in"
  else
    browser_pages web-screens test:screens
    # The same pages over the real server, where the command line is built.
    echo "== web-real"
    if [ -f "${PMS_DLL:-artifacts/bin/Pms.Cli/release/pms.dll}" ]; then
      browser_pages web-real test:real
    else
      skipped=$((skipped + 1)); echo "   1 skipped: the command line is not built"
    fi
  fi
fi
failed=$((failed + broken))
line="$passed passed, $failed failed"; [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
