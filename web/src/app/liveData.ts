import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { parse, root } from '../shared/api/client'
import { Overview } from '../shared/api/documents'
import { followEvents, type ServerEvent } from '../shared/api/eventStream'
import { streamCut, streamOpened } from '../shared/api/live'
import { health, overview } from '../shared/api/queries'

/** Follows the server's events: an overview is put in place, and whatever else is on the page and belongs to an epoch is asked anew. */
export function useLiveData(): void {
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    void followEvents(`${root}/events`, {
      onOpen: () => {
        streamOpened()
        for (const queryKey of [['parameters'], ['chain']]) void client.invalidateQueries({ queryKey })
      },
      onEvent: event => {
        // A document of another shape is asked for again as a query, whose refusal the page shows; the stream is not cut for it.
        try { take(client, event) } catch { void client.invalidateQueries() }
      },
      onCut: streamCut,
    }, stop.signal)
    return () => stop.abort()
  }, [client])
}

function take(client: QueryClient, event: ServerEvent): void {
  if (event.name === 'overview') {
    const document = parse(Overview, JSON.parse(event.data), 'event overview')
    const known = client.getQueryData(overview.queryKey)
    client.setQueryData(overview.queryKey, document)
    // A slow answer on its way is let finish: asking anew with every epoch would never end.
    if (known?.epoch.number !== document.epoch.number) void client.invalidateQueries({ queryKey: ['epoch'] }, { cancelRefetch: false })
  } else if (event.name === 'health') {
    // It says that the state changed; the whole answer is asked for.
    void client.invalidateQueries({ queryKey: health.queryKey })
  } else if (event.name === 'batch') {
    void client.invalidateQueries({ queryKey: ['chain'] }, { cancelRefetch: false })
  }
}
