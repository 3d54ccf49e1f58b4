import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState, type KeyboardEvent } from 'react'
import { useLocation } from 'wouter'
import { accountAddress } from '../shared/accounts/accountAddress'
import { accounts } from '../shared/api/queries'
import { ratio } from '../shared/format'
import { accountStates } from '../shared/ui/StateLabel'
import { pages } from './pages'

interface Choice { id: string; name: string; note: string; path: string }

const debounceMs = 150
const mostAccounts = 8

/** Ctrl-K: type a part of a page's or an account's name, arrows, Enter. */
export function CommandPalette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} withCloseButton={false} title="Go to" yOffset="12vh" size="lg" padding="sm" transitionProps={{ duration: 0 }}>
      {opened && <Choices onClose={onClose} />}
    </Modal>
  )
}

function Choices({ onClose }: { onClose: () => void }) {
  const [, navigate] = useLocation()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const [asked] = useDebouncedValue(typed.trim(), debounceMs)
  const { data } = useQuery({ ...accounts({ state: '', q: asked, sort: 'ratio', cursor: '', limit: mostAccounts }), enabled: asked !== '' })

  const part = typed.trim().toLowerCase()
  const choices: Choice[] = [
    ...pages.filter(page => page.name.toLowerCase().includes(part)).map(page => ({ id: `page-${page.letter}`, name: page.name, note: `g ${page.letter}`, path: page.path })),
    ...(part === '' || asked === '' ? [] : data?.items ?? []).map(row => ({
      id: `account-${row.account}`, name: `Account ${row.account}`, note: `${accountStates[row.state].word}, ratio ${ratio(row.ratio)}`, path: accountAddress(row.account),
    })),
  ]
  const chosen = choices[Math.min(at, choices.length - 1)]

  function go(choice: Choice | undefined): void {
    if (!choice) return
    onClose()
    navigate(choice.path)
  }

  function press(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((Math.min(at, choices.length - 1) + step + choices.length) % Math.max(choices.length, 1))
    else if (event.key === 'Enter') go(chosen)
    else return
    event.preventDefault()
  }

  return (
    <>
      <TextInput
        data-autofocus placeholder="Screen or account" value={typed} autoComplete="off" onKeyDown={press}
        onChange={event => { setTyped(event.currentTarget.value); setAt(0) }}
        role="combobox" aria-label="Screen or account" aria-expanded aria-controls="palette" aria-autocomplete="list" aria-activedescendant={chosen?.id}
      />
      <div id="palette" role="listbox" aria-label="Screens and accounts" className="palette">
        {choices.map(choice => (
          <div key={choice.id} id={choice.id} role="option" aria-selected={choice === chosen} onClick={() => go(choice)} onMouseMove={() => setAt(choices.indexOf(choice))}>
            <span>{choice.name}</span><span className="dim">{choice.note}</span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="dim" role="status">No screen and no account holds “{typed.trim()}”.</p>}
    </>
  )
}
