# Ratios peer / ours of the least CPU time per item (W5: median latency) over all rounds, one thread, from the JSON lines of a benchmark run; then the goals.
function text(name,   v) {
  if (!match($0, "\"" name "\":[^,}]*")) return ""
  v = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
  gsub(/[ "]/, "", v)
  return v
}
# Absolute goals: the least of all rounds; ms are CPU time on one thread, wall time on two.
text("peer") == "pms" && (/"cpu_min_ms"/ || /"p50_us"/) {
  at = text("workload") " " text("variant")
  if (/"p50_us"/) { keepLeast(at " p50_us", text("p50_us")); keepLeast(at " p99_us", text("p99_us")) }
  else { keepLeast(at " " text("threads") " ms", text("threads") == 1 ? text("cpu_min_ms") : text("wall_min_ms")); keepLeast(at " " text("threads") " ns_item", text("ns_item_cpu")) }
}
(/"ns_item_cpu"/ && text("threads") == 1) || /"p50_us"/ {
  key = text("workload"); name = text("peer") " " text("variant"); ns = /"p50_us"/ ? text("p50_us") * 1000 : text("ns_item_cpu") + 0
  if (text("peer") == "pms") {
    if (key == "W1" && text("variant") != "stream") next
    if (text("variant") ~ /scalar/) next
    if (!((key, text("variant")) in ours) || ns < ours[key, text("variant")]) ours[key, text("variant")] = ns
    variants[key] = variants[key] (index(variants[key], "|" text("variant") "|") ? "" : "|" text("variant") "|")
  } else if (!((key, name) in peers) || ns < peers[key, name]) peers[key, name] = ns
}
END {
  for (p in peers) {
    split(p, part, SUBSEP)
    n = split(variants[part[1]], v, "|")
    for (i = 1; i <= n; i++) if (v[i] != "") {
      # W2 rows compare like with like: core against core, wide against wide.
      if (part[1] == "W5" && substr(part[2], index(part[2], " ") + 1, 4) != substr(v[i], 1, 4)) continue
      if (part[1] == "W2" && substr(part[2], index(part[2], " ") + 1, 4) != substr(v[i], 1, 4)) continue
      printf "%-3s %-20s %10.2f ns | %-60s %12.2f ns | %8.2fx\n", part[1], v[i], ours[part[1], v[i]], part[2], peers[p], peers[p] / ours[part[1], v[i]]
    }
  }
  goal("W3", "kernel", "cpp-Ofast-libmvec double", 2.2); goal("W3", "kernel", "quantlib", 18); goal("W3", "kernel", "numpy double", 10)
  goal("W3", "engine", "cpp-Ofast-libmvec double", 2.2 / 1.2)
  goal("W4", "int32-int64", "numpy csr-int64", 15); goal("W4", "int32-int64", "cpp-Ofast-libmvec natural-int32-int64", 5)
  goal("W5", "cached-int", "cpp-Ofast-libmvec cached-int", 8); goal("W5", "cached-int", "numpy cached-int", 10); goal("W5", "cold-int", "cpp-Ofast-libmvec cold-int", 2.5)
  limit("W1 stream 1 ns_item", 9); limit("W3 kernel 1 ms", 50); limit("W3 kernel 2 ms", 28)
  if (("W3 kernel 1 ms") in absolute) limit("W3 engine 1 ms", 1.2 * absolute["W3 kernel 1 ms"])
  limit("W4 int32-int64 1 ms", 220); limit("W4 int32-int64 2 ms", 120)
  limit("W5 cached-int p50_us", 9); limit("W5 cached-int p99_us", 20); limit("W5 cold-int p50_us", 55)
}
function keepLeast(name, value) { if (!(name in absolute) || value + 0 < absolute[name]) absolute[name] = value + 0 }
function limit(name, most) {
  if (name in absolute) printf "goal %-28s at most %8.2f: %8.2f %s\n", name, most, absolute[name], (absolute[name] <= most ? "met" : "MISSED")
}
function goal(workload, variant, peer, least,   p, part, ratio) {
  for (p in peers) {
    split(p, part, SUBSEP)
    if (part[1] == workload && index(tolower(part[2]), tolower(peer)) == 1 && ((workload, variant) in ours)) {
      ratio = peers[p] / ours[workload, variant]
      printf "goal %s %-12s against %-50s at least %5.1fx: %6.2fx %s\n", workload, variant, part[2], least, ratio, (ratio >= least ? "met" : "MISSED")
    }
  }
}
