import { AppShell, Burger, Group, NavLink, SegmentedControl, Skeleton, Text, TextInput, useMantineColorScheme, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Suspense, useEffect, useRef } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { Page } from '../shared/ui/Page'
import { useUrlState } from '../shared/urlState'
import { CommandPalette } from './CommandPalette'
import { HelpDialog } from './HelpDialog'
import { useKeyboard } from './keyboard'
import { useLiveData } from './liveData'
import { PageBoundary } from './PageBoundary'
import { AccountPage, pages } from './pages'
import { StateStrip } from './StateStrip'
import { useSystem } from './systemState'

export function Shell() {
  const [menuOpen, menu] = useDisclosure()
  const [helpOpen, help] = useDisclosure()
  const [paletteOpen, palette] = useDisclosure()
  const [location] = useLocation()
  const main = useRef<HTMLElement>(null)
  const { isStale } = useSystem()
  useLiveData()
  useKeyboard(help.open, palette.toggle)

  // A reader of the screen is told the new page, and Tab begins at its content.
  const shown = useRef(location)
  useEffect(() => {
    if (shown.current === location) return
    shown.current = location
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [location])

  return (
    <AppShell header={{ height: 86 }} navbar={{ width: 190, breakpoint: 'sm', collapsed: { mobile: !menuOpen } }} padding="sm">
      <a className="skip" href="#main" onClick={event => { event.preventDefault(); main.current?.focus() }}>Skip to content</a>
      <AppShell.Header>
        <Group h={51} px="md" gap="md" wrap="nowrap" justify="space-between">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={menuOpen} onClick={menu.toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <img src="/mark.svg" width="24" height="24" alt="" />
            <Text fw={600} visibleFrom="md">Predictive Margin System</Text>
          </Group>
          <Group gap="sm" wrap="nowrap">
            <AccountSearch />
            <ColourSwitch />
            <UnstyledButton onClick={palette.open} aria-label="Ctrl K: go to a screen or account" visibleFrom="sm"><kbd>Ctrl K</kbd></UnstyledButton>
            <UnstyledButton onClick={help.open} aria-label="Keys and help" visibleFrom="sm"><kbd>?</kbd></UnstyledButton>
          </Group>
        </Group>
        <StateStrip />
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages" component="nav">
        {pages.map(page => (
          <NavLink
            key={page.path} component={Link} href={page.path} label={page.name} onClick={menu.close}
            active={page.path === '/' ? location === '/' : location.startsWith(page.path)}
            aria-current={location === page.path ? 'page' : undefined}
            rightSection={<span className="dim" style={{ fontSize: '0.7rem' }} aria-hidden="true">g {page.letter}</span>}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1} data-stale={isStale}>
        <PageBoundary key={location}>
          <Suspense fallback={<Skeleton height={480} role="status" aria-label="Loading the page" />}>
            <Switch>
              {pages.map(page => <Route key={page.path} path={page.path} component={page.component} />)}
              <Route path="/accounts/:id"><AccountPage /></Route>
              <Route path="/index.html"><Redirect to="/" replace /></Route>
              <Route><Page title="No such page"><Text>There is nothing at {location}. The menu has all pages.</Text></Page></Route>
            </Switch>
          </Suspense>
        </PageBoundary>
      </AppShell.Main>
      <CommandPalette opened={paletteOpen} onClose={palette.close} />
      <HelpDialog opened={helpOpen} onClose={help.close} />
    </AppShell>
  )
}

/** On the accounts page it filters as one types; elsewhere Enter leads there. */
function AccountSearch() {
  const [location, navigate] = useLocation()
  const [url, setUrl] = useUrlState({ q: '', cursor: '' })
  const isLive = location === '/accounts'
  return (
    <form role="search" onSubmit={event => {
      event.preventDefault()
      const text = new FormData(event.currentTarget).get('q')
      if (!isLive && typeof text === 'string' && text !== '') navigate(`/accounts?q=${encodeURIComponent(text)}`)
    }}>
      <TextInput
        key={isLive ? 'live' : 'jump'} name="q" data-search size="xs" w={{ base: 130, sm: 220 }} placeholder="Search account" aria-label="Search for an account"
        autoComplete="off" rightSection={<kbd>/</kbd>}
        {...(isLive ? { value: url.q, onChange: event => setUrl({ q: event.currentTarget.value, cursor: '' }) } : {})}
      />
    </form>
  )
}

function ColourSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <SegmentedControl
      size="xs" aria-label="Colours" value={colorScheme} onChange={value => setColorScheme(value)} visibleFrom="sm"
      data={[{ value: 'dark', label: 'Dark' }, { value: 'light', label: 'Light' }, { value: 'auto', label: 'System' }]}
    />
  )
}
