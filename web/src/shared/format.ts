/** The one place where a number becomes text. Values come in the API's units: USD, fractions, ISO 8601 in UTC. */

const minus = '−'
const absent = '–'
const formats = new Map<string, Intl.NumberFormat>()

function format(value: number, least: number, most: number): string {
  const key = `${least} ${most}`
  let made = formats.get(key)
  if (!made) {
    made = new Intl.NumberFormat('en-US', { minimumFractionDigits: least, maximumFractionDigits: most })
    formats.set(key, made)
  }
  const text = made.format(Math.abs(value))
  return value < 0 && /[1-9]/.test(text) ? minus + text : text
}

const isNumber = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value)

/** A plain number: `1,234.50`. */
export function number(value: number | undefined, digits = 0): string {
  return isNumber(value) ? format(value, digits, digits) : absent
}

/** A number with as many digits as it has, up to `most`: quantities, strikes. */
export function quantity(value: number | undefined, most = 4): string {
  return isNumber(value) ? format(value, 0, most) : absent
}

/** USD without cents; the unit stands in the header. */
export const usd = (value: number | undefined): string => number(value, 0)

const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })

/** Three digits, for tiles, axes and cells of a chart: `1.23M`, `45.3K`. */
export function usdShort(value: number | undefined): string {
  if (!isNumber(value)) return absent
  const text = short.format(Math.abs(value))
  return value < 0 && text !== '0' ? minus + text : text
}

/** A change: the sign is always shown. */
export function signed(value: number | undefined, digits = 0): string {
  if (!isNumber(value)) return absent
  const text = format(value, digits, digits)
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

/** Holdings and orders: long positive, the sign always shown. */
export const signedQuantity = (value: number | undefined, most = 4): string => (isNumber(value) && value > 0 ? '+' : '') + quantity(value, most)

/** A fraction as percent, without the sign: `65.0` for 0.65. */
export const percentNumber = (fraction: number | undefined, digits = 1): string =>
  isNumber(fraction) ? format(fraction * 100, digits, digits) : absent

export const percent = (fraction: number | undefined, digits = 1): string =>
  isNumber(fraction) ? `${percentNumber(fraction, digits)} %` : absent

export const signedPercent = (fraction: number | undefined, digits = 1): string =>
  isNumber(fraction) ? `${signed(fraction * 100, digits)} %` : absent

/** A level of confidence: `99 %`, `97.5 %`. */
export const level = (fraction: number): string => `${quantity(fraction * 100, 2)} %`

/** Equity over maintenance; beyond 100 the digits tell nothing. */
export const ratio = (value: number | undefined): string =>
  isNumber(value) ? (value >= 100 ? '> 100' : format(value, 2, 2)) : absent

/** Milliseconds as a length of time. */
export function duration(ms: number | undefined): string {
  if (!isNumber(ms)) return absent
  if (ms < 1000) return `${format(Math.max(ms, 0), 0, ms < 10 ? 1 : 0)} ms`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** An age in whole seconds, never below 0: clocks differ a little. */
export const age = (ms: number | undefined): string => isNumber(ms) ? duration(Math.max(Math.floor(ms / 1000) * 1000, 0)).replace(/^0(\.0)? ms$/, '0 s') : absent

const isoOf = (time: string | number | undefined): string | undefined => {
  if (time === undefined) return undefined
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** `2026-03-02 12:10:00`, UTC. */
export const instant = (time: string | number | undefined): string => isoOf(time)?.slice(0, 19).replace('T', ' ') ?? absent

/** `12:10:00`, UTC. */
export const clock = (time: string | number | undefined): string => isoOf(time)?.slice(11, 19) ?? absent

/** `2026-03-27`, UTC. */
export const day = (time: string | number | undefined): string => isoOf(time)?.slice(0, 10) ?? absent

/** The beginning of a hash, enough to compare by eye. */
export const shortHash = (hash: string | undefined): string => hash ? hash.replace(/^0x/, '').slice(0, 10) : absent

const wadDecimals = 18

/** An integer of 1e-18 as a decimal text with all its digits: `0.15`, `5,000,000`. */
export function wad(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(wadDecimals + 1, '0')
  const rest = digits.slice(-wadDecimals).replace(/0+$/, '')
  return (value < 0n ? minus : '') + BigInt(digits.slice(0, -wadDecimals)).toLocaleString('en-US') + (rest === '' ? '' : `.${rest}`)
}

/** An integer of 1e-18 USD as the number that the formats above take; for the eye, not to compute with. */
export const usdOfWad = (value: bigint): number => Number(value) / 1e18

/** Counts with their word: `1 account`, `12 accounts`. */
export const count = (value: number, one: string, many = `${one}s`): string => `${format(value, 0, 0)} ${value === 1 ? one : many}`
