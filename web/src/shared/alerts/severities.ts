import type { Level } from '../ui/StateLabel'

export const severityLevels: Record<'info' | 'warning' | 'critical', Level> = { info: 'dim', warning: 'warn', critical: 'danger' }
