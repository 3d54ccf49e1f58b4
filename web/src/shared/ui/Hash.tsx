import { CopyButton, UnstyledButton } from '@mantine/core'
import { shortHash } from '../format'

/** The beginning of a hash or address; a click copies it whole. `name` is what it is a hash of. */
export function Hash({ value, name }: { value: string | undefined; name: string }) {
  if (value === undefined) return <>–</>
  return (
    <CopyButton value={value} timeout={2000}>
      {({ copied, copy }) => (
        <UnstyledButton className="mono hash" onClick={copy} title={`${value}: click to copy`} aria-label={copied ? `${name} is copied` : `Copy ${name} ${shortHash(value)}`}>
          {copied ? 'copied' : shortHash(value)}
        </UnstyledButton>
      )}
    </CopyButton>
  )
}
