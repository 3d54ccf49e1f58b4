import { Group, Slider } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Smiles } from '../../shared/api/documents'
import { Figure, type Twin } from '../../shared/charts/Figure'
import { day, percent, quantity } from '../../shared/format'
import { viridis } from './colours'
import { gridOf } from './grid'
import { reliefOf, type Point } from './relief'

interface SurfaceReliefProps { underlying: string; smiles: Smiles['expiries']; twin: Twin; aside: ReactNode; degrees: number; onTurn: (degrees: number) => void }

function colourOf(share: number): string {
  const at = Math.min(Math.max(share, 0), 1) * (viridis.length - 1)
  const [from, to] = [viridis[Math.floor(at)] ?? viridis[0], viridis[Math.ceil(at)] ?? viridis[0]]
  return `rgb(${from.map((value, index) => Math.round(value + ((to[index] ?? value) - value) * (at % 1))).join(' ')})`
}

interface Api { coord: (at: Point) => Point }

/** The surface as a relief that can be turned. Drawn by the charts' own canvas: no second library, no WebGL, and the same in every browser. The map beside it hides nothing. */
export function SurfaceRelief({ underlying, smiles, twin, aside, degrees, onTurn }: SurfaceReliefProps) {
  const grid = gridOf(smiles)
  const { patches, marks } = reliefOf(grid, degrees)
  const all = grid.vols.flat().filter(vol => vol !== undefined)
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const turn = <Slider w={150} size="sm" min={0} max={355} step={5} value={degrees} onChange={onTurn} thumbLabel="Seen from, degrees" label={value => `${value}°`} />
  return (
    <Figure
      title="Fitted vol as a relief" height={420} aside={<Group gap="sm" className="no-print">{turn}{aside}</Group>} twin={twin}
      summary={`${underlying}: height and colour are the fitted vol, from ${percent(least)} to ${percent(most)}; strikes by their logarithm, expiries one after the other, straight between listed strikes. Seen from ${degrees} degrees.`}
      option={palette => ({
        grid: { left: 0, right: 0, top: 0, bottom: 0 },
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const patch = patches[dataIndex]
            return patch ? `${day(grid.expiries[patch.expiry]?.expiry)} to ${day(grid.expiries[patch.expiry + 1]?.expiry)}, strikes ${quantity(grid.strikes[patch.strike])} to ${quantity(grid.strikes[patch.strike + 1])}: ${percent(patch.vol)}` : ''
          },
        },
        xAxis: { type: 'value', min: -0.9, max: 0.9, show: false },
        yAxis: { type: 'value', min: -0.75, max: 0.75, show: false },
        series: [
          {
            type: 'custom', data: patches.map(patch => patch.corners[0]),
            renderItem: ({ dataIndex }: { dataIndex: number }, api: Api) => {
              const patch = patches[dataIndex]
              return patch && {
                type: 'polygon', shape: { points: patch.corners.map(corner => api.coord(corner)) },
                style: { fill: colourOf(most > least ? (patch.vol - least) / (most - least) : 0.5), stroke: palette.ground, lineWidth: 0.6 },
              }
            },
          },
          {
            type: 'scatter', symbolSize: 0, silent: true, data: marks.map(mark => mark.at),
            label: {
              show: true, color: palette.dim, fontSize: 11,
              formatter: ({ dataIndex }: { dataIndex: number }) => { const mark = marks[dataIndex]; return mark ? mark.text === 'expiry' ? day(grid.expiries[mark.index]?.expiry) : quantity(grid.strikes[mark.index]) : '' },
            },
          },
        ],
      })}
    />
  )
}
