/** Uniform numbers from a seed (mulberry32) and what is drawn from them: equal seeds, equal fixtures. */
export function random(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const normal = () => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next())
  const pick = list => list[Math.floor(next() * list.length)]
  const hash = () => Array.from({ length: 8 }, () => Math.floor(next() * 4294967296).toString(16).padStart(8, '0')).join('')
  return { next, normal, pick, hash }
}
