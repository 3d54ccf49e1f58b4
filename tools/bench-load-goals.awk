# Goals of the loads, met or MISSED, from the JSON lines of a table.
function number(name,   rest) { rest = $0; if (!match(rest, "\"" name "\":-?[0-9.]+")) return ""; rest = substr(rest, RSTART, RLENGTH); sub(/.*:/, "", rest); return rest + 0 }
function goal(text, value, most, unit) { printf "goal %-58s at most %8.1f %-3s %9.1f %s\n", text, most, unit, value, (value <= most ? "met" : "MISSED") }
function least(text, value, bound) { printf "goal %-58s at least %7.2f     %9.2f %s\n", text, bound, value, (value >= bound ? "met" : "MISSED") }
/"variant":"margins-1000x20x10000-2t"/ { goal("tick to all margins, 1,000 accounts, 2 threads, 99 %", number("p99_us") / 1000, 120, "ms") }
/"variant":"margins-10000x20x10000-2t"/ { goal("tick to all margins, 10,000 accounts, 2 threads, 99 %", number("p99_us") / 1000, 600, "ms") }
/"variant":"20000-a-second"/ { goal("quotes lost, 20,000 a second", number("lost"), 0, "") }
/"variant":"100000-a-second"/ { goal("quotes lost, 100,000 a second", number("lost"), 0, "") }
/"variant":"500-a-second"/ { goal("what-if over WebSocket at 500 a second, median", number("p50_us") / 1000, 1, "ms"); goal("what-if over WebSocket at 500 a second, 99 %", number("p99_us") / 1000, 10, "ms") }
/"variant":"three-times-capacity"/ { least("answered at three times capacity, share of capacity", number("goodput_ratio"), 0.8); goal("refusals at three times capacity, 99 %", number("refused_p99_us") / 1000, 50, "ms") }
/"variant":"100000-accounts"/ { goal("restart with 100,000 accounts", number("p99_us") / 1e6, 10, "s") }
/"variant":"heap"/ { goal("growth of the heap", number("growth") * 100, 5, "%") }
