import { Paper, SimpleGrid } from '@mantine/core'
import type { ReactNode } from 'react'

export interface Tile { name: string; value: ReactNode; note?: ReactNode }

/** A row of figures with their names. */
export function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
      {tiles.map(tile => (
        <Paper key={tile.name} withBorder px="sm" py={6} className="tile">
          <dl style={{ margin: 0 }}>
            <dt>{tile.name}</dt>
            <dd>{tile.value}</dd>
          </dl>
          {tile.note && <div className="dim" style={{ fontSize: '0.75rem' }}>{tile.note}</div>}
        </Paper>
      ))}
    </SimpleGrid>
  )
}
