import { Button, CopyButton as Copying } from '@mantine/core'

export function CopyButton({ text, label }: { text: string; label: string }) {
  return (
    <Copying value={text} timeout={2000}>
      {({ copied, copy }) => <Button size="compact-sm" variant="default" onClick={copy} miw={90}>{copied ? 'Copied' : label}</Button>}
    </Copying>
  )
}
