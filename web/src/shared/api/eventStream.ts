import { requestHeaders } from './client'

/** Server-sent events over fetch. EventSource can neither send a key nor show the comments that prove a silent stream alive. */

export interface ServerEvent { name: string; data: string }

/** Takes text as it comes, gives whole events. Comments and fields that nobody reads are dropped. */
export class EventParser {
  private rest = ''

  push(chunk: string): ServerEvent[] {
    const blocks = (this.rest + chunk).replace(/\r\n?/g, '\n').split('\n\n')
    this.rest = blocks.pop() ?? ''
    return blocks.flatMap(block => {
      let name = 'message'
      const data: string[] = []
      for (const line of block.split('\n')) {
        const match = /^(event|data):\s?(.*)$/.exec(line)
        if (match?.[1] === 'event') name = match[2] ?? ''
        if (match?.[1] === 'data') data.push(match[2] ?? '')
      }
      return data.length > 0 ? [{ name, data: data.join('\n') }] : []
    })
  }
}

interface Listener {
  /** At the beginning, and when a stream that had fallen silent is heard again. */
  onOpen: () => void
  onEvent: (event: ServerEvent) => void
  /** The stream ended, failed or fell silent; another try follows by itself. */
  onCut: () => void
}

/** After 2 s of silence the server sends a comment. Without a byte for this long what is shown is stale: a stopped server keeps its connections. */
const silentMs = 2_800
/** Silent for this long, a stream is dead and another is tried. */
const deadMs = 15_000
const leastRetryMs = 500
const mostRetryMs = 8_000

/** Follows until the signal aborts, and connects again for as long. */
export async function followEvents(url: string, listener: Listener, signal: AbortSignal): Promise<void> {
  let retryMs = leastRetryMs
  while (!signal.aborted) {
    const attempt = new AbortController()
    const end = () => attempt.abort()
    signal.addEventListener('abort', end)
    let isSilent = false
    let timers: ReturnType<typeof setTimeout>[] = []
    const heard = () => {
      timers.forEach(clearTimeout)
      timers = [setTimeout(() => { isSilent = true; listener.onCut() }, silentMs), setTimeout(end, deadMs)]
      if (!isSilent) return
      isSilent = false
      listener.onOpen()
    }
    heard()
    try {
      const response = await fetch(url, { headers: { accept: 'text/event-stream', ...requestHeaders() }, signal: attempt.signal, cache: 'no-store' })
      if (!response.ok || !response.body) throw new Error(`events: ${response.status}`)
      isSilent = false
      listener.onOpen()
      const parser = new EventParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        retryMs = leastRetryMs
        heard()
        for (const event of parser.push(value)) listener.onEvent(event)
      }
    } catch {
      // Whatever the cause, the page says that the stream is cut and the loop tries again.
    }
    timers.forEach(clearTimeout)
    signal.removeEventListener('abort', end)
    if (isAborted(signal)) return
    listener.onCut()
    await pause(retryMs, signal)
    retryMs = Math.min(retryMs * 2, mostRetryMs)
  }
}

// A function, because the compiler takes the signal's flag for constant within the loop.
const isAborted = (signal: AbortSignal): boolean => signal.aborted

const pause = (ms: number, signal: AbortSignal): Promise<void> => new Promise(resolve => {
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
})
