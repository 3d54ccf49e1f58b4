import type { VolGrid } from './grid'

/** A corner of the drawing: the plane of the screen, the middle at 0, up positive. */
export type Point = [number, number]

/** A patch between two expiries and two strikes. */
export interface Patch { corners: Point[]; expiry: number; strike: number; vol: number }

export interface Mark { at: Point; text: 'expiry' | 'strike'; index: number }

export interface Relief { patches: Patch[]; marks: Mark[] }

const tilt = 0.5
const height = 0.6
const mostMarks = 7

/** Straight between the listed strikes of one expiry, undefined beyond its first and last. */
function bridged(row: readonly (number | undefined)[], at: readonly number[]): (number | undefined)[] {
  const listed = row.flatMap((vol, index) => vol === undefined ? [] : [{ index, vol, at: at[index] ?? 0 }])
  return row.map((vol, index) => {
    if (vol !== undefined) return vol
    const after = listed.find(each => each.index > index)
    const before = listed.findLast(each => each.index < index)
    return before && after ? before.vol + (after.vol - before.vol) * ((at[index] ?? 0) - before.at) / (after.at - before.at) : undefined
  })
}

/**
 * The surface as seen from an angle, in parallel projection: strikes by their logarithm, expiries one after the other, patches from the farthest to the
 * nearest, so that those drawn later stand before the others.
 */
export function reliefOf({ expiries, strikes, vols }: VolGrid, degrees: number): Relief {
  const all = vols.flat().filter(vol => vol !== undefined)
  if (expiries.length < 2 || strikes.length < 2 || all.length === 0) return { patches: [], marks: [] }
  const scaled = (values: readonly number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)]
    return values.map(value => most > least ? (value - least) / (most - least) - 0.5 : 0)
  }
  const across = scaled(strikes.map(Math.log))
  const along = scaled(expiries.map((_, index) => index))
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const [sine, cosine] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)]
  const depthOf = (x: number, y: number) => x * sine + y * cosine
  const shown = (x: number, y: number, vol: number): Point => [x * cosine - y * sine, depthOf(x, y) * tilt + (most > least ? (vol - least) / (most - least) - 0.5 : 0) * height]

  const rows = vols.map(row => bridged(row, across))
  const patches: (Patch & { depth: number })[] = []
  for (let expiry = 0; expiry + 1 < expiries.length; expiry++) {
    for (let strike = 0; strike + 1 < strikes.length; strike++) {
      const corners = [[expiry, strike], [expiry, strike + 1], [expiry + 1, strike + 1], [expiry + 1, strike]].flatMap(([row = 0, column = 0]) => {
        const vol = rows[row]?.[column]
        return vol === undefined ? [] : [{ x: across[column] ?? 0, y: along[row] ?? 0, vol }]
      })
      if (corners.length < 4) continue
      patches.push({
        corners: corners.map(({ x, y, vol }) => shown(x, y, vol)), expiry, strike,
        vol: corners.reduce((sum, each) => sum + each.vol, 0) / 4, depth: corners.reduce((sum, { x, y }) => sum + depthOf(x, y), 0),
      })
    }
  }

  // Names stand on the floor, at the sides towards the viewer.
  const [nearX, nearY] = [sine > 0 ? -0.56 : 0.56, cosine > 0 ? -0.58 : 0.58]
  const some = (values: readonly number[], text: Mark['text'], at: (value: number) => Point) =>
    values.flatMap((value, index): Mark[] => index % Math.ceil(values.length / mostMarks) === 0 ? [{ at: at(value), text, index }] : [])
  return {
    patches: patches.sort((first, second) => second.depth - first.depth),
    marks: [...some(along, 'expiry', y => shown(nearX, y, least)), ...some(across, 'strike', x => shown(x, nearY, least))],
  }
}
