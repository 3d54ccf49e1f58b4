import type { LiquidationEvent } from '../../shared/api/documents'
import { signed, usd, usdOfWad } from '../../shared/format'
import type { Level } from '../../shared/ui/StateLabel'

const wadOf = (values: Readonly<Record<string, string>>, name: string): number | undefined => {
  const text = values[name]
  return text !== undefined && /^-?\d+$/.test(text) ? usdOfWad(BigInt(text)) : undefined
}
const money = (values: Readonly<Record<string, string>>, name: string): string => `${usd(wadOf(values, name))} USD`
const share = ({ unitsWad = '', allUnitsWad = '' }: Readonly<Record<string, string>>): string =>
  /^\d+$/.test(unitsWad) && /^[1-9]\d*$/.test(allUnitsWad) ? `${(Number(BigInt(unitsWad) * 10_000n / BigInt(allUnitsWad)) / 100).toFixed(2)} %` : 'a share'

/** MarginState and LiquidationPhase of contracts/src/types, by number. */
const marginStates = ['healthy', 'margin call', 'liquidatable']
const phases = ['none', 'an auction', 'shares to divide']
const nameIn = (names: readonly string[], value: string | undefined): string => /^\d+$/.test(value ?? '') ? names[Number(value)] ?? `state ${value}` : value ?? '–'

interface Words { level: Level; text: string }

/** An event of the liquidation engine or the house in a sentence; what is not known keeps the contract's names. */
export function wordsOf({ event, values }: Pick<LiquidationEvent, 'event' | 'values'>): Words {
  switch (event) {
    case 'StateChanged': {
      const to = nameIn(marginStates, values.to)
      return {
        level: to === 'healthy' ? 'ok' : to === 'margin call' ? 'warn' : 'danger',
        text: `${values.from === values.to ? `still ${to}` : `${nameIn(marginStates, values.from)} → ${to}`}: equity ${money(values, 'equityWad')}, initial ${money(values, 'initialWad')}, maintenance ${money(values, 'maintenanceWad')}`,
      }
    }
    case 'AuctionStarted': return { level: 'danger', text: `auction started: equity ${money(values, 'equityWad')} against ${money(values, 'maintenanceWad')} of maintenance` }
    case 'AuctionEnded': return { level: 'ok', text: `auction ended: equity ${money(values, 'equityWad')} against ${money(values, 'maintenanceWad')} of maintenance` }
    case 'ShareTaken': return { level: 'warn', text: `${share(values)} taken for ${money(values, 'cashWad')}, bonus ${money(values, 'bonusWad')}, fee ${money(values, 'feeWad')}` }
    case 'Divided': return { level: 'dim', text: `${share(values)} written out to account ${values.to ?? '–'}` }
    case 'PlanTaken': return { level: 'warn', text: `plan taken: ${money(values, 'removedWad')} of shortfall removed, bonus ${money(values, 'bonusWad')}` }
    case 'FoundInsolvent': return { level: 'danger', text: `worth nothing: ${signed(wadOf(values, 'worthWad'))} USD` }
    case 'TakenOver': return { level: 'danger', text: `taken over: paid ${money(values, 'paidWad')}, insurance ${money(values, 'insuredWad')}` }
    case 'Deleveraged': return { level: 'danger', text: `closed against account ${values.to ?? '–'}: ${money(values, 'movedWad')} moved, ${money(values, 'givenWad')} given up` }
    case 'LiquidationChanged': return { level: 'dim', text: `liquidation: ${nameIn(phases, values.phase)}` }
    case 'HandedOver': return { level: 'warn', text: 'handed over to another owner' }
    default: return { level: 'dim', text: Object.entries(values).filter(([name]) => name !== 'account').map(([name, value]) => `${name} ${value}`).join(', ') }
  }
}
