import type { Level } from '../../shared/ui/StateLabel'

// Words of docs/keeper.md.
const levels: Record<string, Level> = {
  done: 'ok', sent: 'ok', included: 'ok', wouldSend: 'dim', skipped: 'dim', left: 'dim', gone: 'warn', resent: 'warn', replaced: 'warn', cancelled: 'warn',
  reorganised: 'warn', refused: 'warn', reverted: 'danger',
}

export const outcomeOf = (outcome: string): { level: Level; word: string } => ({ level: levels[outcome] ?? 'dim', word: outcome.replace(/([A-Z])/g, letter => ` ${letter.toLowerCase()}`) })
