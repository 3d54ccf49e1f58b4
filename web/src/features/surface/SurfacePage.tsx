import { Grid, Group, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { SurfaceDocument } from '../../shared/api/documents'
import { smiles, surfaces } from '../../shared/api/queries'
import { day, duration, instant, shortHash } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { useUrlState } from '../../shared/urlState'
import { FitTable } from './FitTable'
import { SurfaceMap } from './SurfaceMap'
import { SmileChart } from './SmileChart'
import { TermChart } from './TermChart'

type Surface = SurfaceDocument['underlyings'][number]

export default function SurfacePage() {
  const query = useQuery(surfaces)
  return (
    <Page title="Surface">
      <Answer query={query} height={1000}>
        {document => document.underlyings.length === 0
          ? <Empty>No surface: no underlying has enough quotes. See Data health for the feeds.</Empty>
          : <Parts document={document} />}
      </Answer>
    </Page>
  )
}

function Parts({ document }: { document: SurfaceDocument }) {
  const [url, setUrl] = useUrlState({ underlying: '', expiry: '' })
  const surface = document.underlyings.find(each => each.name === url.underlying) ?? document.underlyings[0]
  if (!surface) return null
  const slice = surface.slices.find(each => day(each.expiry) === url.expiry) ?? surface.slices[Math.floor(surface.slices.length / 2)]
  return (
    <>
      <Group gap="sm" align="end">
        <NativeSelect size="xs" label="Underlying" value={surface.name} data={document.underlyings.map(each => each.name)} onChange={event => setUrl({ underlying: event.currentTarget.value })} />
        <NativeSelect size="xs" label="Expiry" value={day(slice?.expiry)} data={surface.slices.map(each => day(each.expiry))} onChange={event => setUrl({ expiry: event.currentTarget.value })} />
        <Verdict surface={surface} />
        <span className="dim">market of {instant(document.observedAt)} UTC, fitted in {duration(surface.fitMicroseconds === undefined ? undefined : surface.fitMicroseconds / 1000)}, surface {shortHash(surface.surfaceHash)}</span>
      </Group>
      <Grid gap="sm">
        <Grid.Col span={{ base: 12, lg: 8 }}><Smile underlying={surface.name} expiry={slice?.expiry} /></Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}><TermChart name={surface.name} slices={surface.slices} /></Grid.Col>
      </Grid>
      <Whole underlying={surface.name} expiry={slice?.expiry} />
      <Panel title="Arbitrage and fit"><FitTable slices={surface.slices} /></Panel>
    </>
  )
}

function Verdict({ surface }: { surface: Surface }) {
  const violations = surface.calendarViolations + surface.butterflyViolations
  if (violations > 0) return <StateLabel level="danger" word={`${surface.butterflyViolations} butterfly, ${surface.calendarViolations} calendar violations`} />
  if (surface.degraded) return <span title={surface.degradedReasons.map(reason => reason.message).join('; ')}><StateLabel level="warn" word={`degraded: ${surface.degradedReasons.map(reason => reason.code).join(', ')}`} /></span>
  return <StateLabel level="ok" word="free of arbitrage" />
}

function Whole({ underlying, expiry }: { underlying: string; expiry: string | undefined }) {
  const query = useQuery(smiles(underlying))
  return <Answer query={query} height={340}>{document => document.expiries.length > 0 && <SurfaceMap underlying={underlying} smiles={document.expiries} chosen={expiry} />}</Answer>
}

function Smile({ underlying, expiry }: { underlying: string; expiry: string | undefined }) {
  const query = useQuery(smiles(underlying))
  return (
    <Answer query={query} height={410}>
      {document => {
        const smile = document.expiries.find(each => day(each.expiry) === day(expiry))
        return smile ? <SmileChart underlying={underlying} smile={smile} /> : <Panel title="Smile"><Empty>The epoch has no smile of this expiry; it may have expired.</Empty></Panel>
      }}
    </Answer>
  )
}
