import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Chain } from '../api/documents'
import { chain } from '../api/queries'
import { Answer, Empty } from '../ui/Answer'
import { Panel } from '../ui/Panel'
import { StepTable } from './StepTable'

interface ChainGateProps {
  height: number
  /** What stands here once a house is followed, for those who see an empty page. */
  shows: string
  children: (document: Chain) => ReactNode
}

/** What comes from the house is asked for only when the server follows one and knows of it; until then the page says what is missing. */
export function ChainGate({ height, shows, children }: ChainGateProps) {
  const query = useQuery(chain)
  return (
    <Answer query={query} height={height}>
      {document => {
        if (document.state === 'absent') {
          return <Panel title="No chain"><Empty>This server follows no house on a chain, so there is nothing of it here. With one this page shows {shows}. <span className="mono">pms demo</span> starts a server with a house of its own.</Empty></Panel>
        }
        const isKnown = document.batch !== undefined && document.state !== 'starting'
        return (
          <>
            {document.error && (
              <Alert role="alert" color="orange" variant="outline" title={<span className="loss">{document.state === 'failed' ? 'The chain is not followed any more' : 'The last look at the chain failed'}</span>}>
                {document.error.message} <span className="mono">{document.error.code}</span>
              </Alert>
            )}
            {isKnown ? children(document) : (
              <Panel title={document.state === 'starting' ? 'The house is being set up' : 'Nothing is known of the house'}>
                <Empty>When its first accounts stand, this page shows {shows}.</Empty>
                {document.steps.length > 0 && <StepTable steps={document.steps} />}
              </Panel>
            )}
          </>
        )
      }}
    </Answer>
  )
}
