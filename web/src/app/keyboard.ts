import { useEffect, useRef } from 'react'
import { useLocation } from 'wouter'
import { pages } from './pages'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** How long after g a letter still counts. */
const chordMs = 1200

/** Keys that work on every page; those of a table are in DataTable. */
export function useKeyboard(openHelp: () => void, togglePalette: () => void): void {
  const [, navigate] = useLocation()
  const chordAt = useRef(0)

  useEffect(() => {
    function press(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        togglePalette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target)) {
        if (event.key === 'Escape') (event.target as HTMLElement).blur()
        return
      }
      const inChord = event.timeStamp - chordAt.current < chordMs
      chordAt.current = event.key === 'g' ? event.timeStamp : 0
      const page = inChord ? pages.find(each => each.letter === event.key) : undefined
      if (page) navigate(page.path)
      else if (event.key === '?') openHelp()
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus()
      else if (event.key === 'e') document.querySelector<HTMLElement>('[data-export]')?.click()
      else if (event.key === 'j' || event.key === 'k') document.querySelector<HTMLElement>('main [data-rows="open"] tr[tabindex="0"]')?.focus()
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [navigate, openHelp, togglePalette])
}
