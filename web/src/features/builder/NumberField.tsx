import { NumberInput, type NumberInputProps } from '@mantine/core'
import { useState } from 'react'

interface NumberFieldProps extends Pick<NumberInputProps, 'label' | 'placeholder' | 'min'> {
  name: string
  value: number | undefined
  accepts: (value: number) => boolean
  onChange: (value: number) => void
  /** The field may be emptied. */
  onEmpty?: () => void
}

/** A number while it is being typed: `-` and `0.` stand in the field, but only an accepted number is told. */
export function NumberField({ name, value, accepts, onChange, onEmpty, ...shown }: NumberFieldProps) {
  const [draft, setDraft] = useState<{ text: string | number; of: number | undefined }>({ text: value ?? '', of: value })
  return (
    <NumberInput
      {...shown} size="xs" aria-label={name} value={draft.of === value ? draft.text : value ?? ''}
      onChange={text => {
        if (typeof text === 'number' && accepts(text)) {
          setDraft({ text, of: text })
          onChange(text)
        } else if (text === '' && onEmpty) {
          setDraft({ text, of: undefined })
          onEmpty()
        } else setDraft({ text, of: value })
      }}
      onBlur={() => setDraft({ text: value ?? '', of: value })}
    />
  )
}
