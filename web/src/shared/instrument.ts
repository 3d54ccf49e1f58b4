/** What a Deribit name says of itself: `BTC-27MAR26-100000-C`, `SOL_USDC-24APR26-125-P`, `BTC-PERPETUAL`. */
export interface OptionName { market: string; expiry: string; strike: number; side: 'call' | 'put' }

export function optionName(instrument: string): OptionName | undefined {
  const match = /^([A-Z0-9_]+)-(\d{1,2}[A-Z]{3}\d{2})-(\d+(?:d\d+)?)-([CP])$/.exec(instrument)
  if (!match) return undefined
  const [, market = '', expiry = '', strike = '', side] = match
  return { market, expiry, strike: Number(strike.replace('d', '.')), side: side === 'C' ? 'call' : 'put' }
}
