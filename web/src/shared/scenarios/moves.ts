import { signedPercent } from '../format'

/** `BTC −30.0 % (vol +60.0 %)`, coin by coin. */
export const movesText = (moves: readonly { coin: string; spot: number; vol: number }[]): string =>
  moves.map(move => `${move.coin} ${signedPercent(move.spot)} (vol ${signedPercent(move.vol)})`).join(', ')
