import { Grid, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { accounts, instruments } from '../../shared/api/queries'
import { Answer, Empty } from '../../shared/ui/Answer'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { useUrlState } from '../../shared/urlState'
import { readBasket, withOrder, writeBasket } from './basket'
import { BasketPanel } from './BasketPanel'
import { BasketPayoff } from './BasketPayoff'
import { ImpactPanel } from './ImpactPanel'
import { LadderPanel } from './LadderPanel'
import { markets } from './ladder'
import { NumberField } from './NumberField'

const defaults = { account: '', market: '', expiry: '', basket: '', size: '1', strikes: '' }
const debounceMs = 300

export default function BuilderPage() {
  const [url, setUrl] = useUrlState(defaults)
  const chain = useQuery(instruments)
  const orders = readBasket(url.basket)
  const size = Number(url.size) > 0 ? Number(url.size) : 1
  const [asked] = useDebouncedValue(`${url.account}\n${url.basket}`, debounceMs)
  const [askedAccount = '', askedBasket = ''] = asked.split('\n')

  return (
    <Page title="Position builder">
      <Grid gap="sm">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Answer query={chain} height={760}>
            {({ items, epoch }) => items.length === 0
              ? <Panel title="Chain"><Empty>No instruments: the market of this epoch has no contracts.</Empty></Panel>
              : (
                <LadderPanel
                  markets={markets(items)} observedAt={epoch.observedAt} url={url} setUrl={setUrl}
                  onOrder={(instrument, side) => setUrl({ basket: writeBasket(withOrder(orders, instrument, side * size)) })}
                />
              )}
          </Answer>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="sm">
            <Panel title="Account and size">
              <Grid gap="sm">
                <Grid.Col span={8}><AccountField value={url.account} onChange={account => setUrl({ account })} /></Grid.Col>
                <Grid.Col span={4}><NumberField name="Size of a click" label="Size of a click" value={size} accepts={value => value > 0} onChange={value => setUrl({ size: String(value) })} /></Grid.Col>
              </Grid>
            </Panel>
            <BasketPanel orders={orders} onChange={changed => setUrl({ basket: writeBasket(changed) })} />
            <ImpactPanel account={askedAccount} orders={readBasket(askedBasket)} />
            <BasketPayoff account={askedAccount} orders={readBasket(askedBasket)} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  )
}

/** The account's name, with those that hold what is typed offered below. */
function AccountField({ value, onChange }: { value: string; onChange: (account: string) => void }) {
  const [typed] = useDebouncedValue(value, debounceMs)
  const { data } = useQuery(accounts({ state: '', q: typed, sort: 'account', cursor: '', limit: 20 }))
  return (
    <>
      <TextInput size="xs" label="Account" placeholder="type a part of its name" value={value} onChange={event => onChange(event.currentTarget.value)} list="builder-accounts" autoComplete="off" />
      <datalist id="builder-accounts">{data?.items.map(row => <option key={row.account} value={row.account} />)}</datalist>
    </>
  )
}
