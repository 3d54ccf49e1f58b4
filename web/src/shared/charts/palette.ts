import { useComputedColorScheme } from '@mantine/core'

export interface Palette {
  ground: string; text: string; dim: string; line: string; gain: string; loss: string; ok: string; warn: string; danger: string; middle: string
}

// The colours of app/theme.css: a canvas reads no custom properties.
const dark: Palette = {
  ground: '#10141b', text: '#dde3ec', dim: '#9aa5b6', line: '#323b4c', gain: '#56b4e9', loss: '#e69f00', ok: '#2fb68e', warn: '#f0e442',
  danger: '#ff6b57', middle: '#2a3140',
}
const light: Palette = {
  ground: '#ffffff', text: '#1b2330', dim: '#566072', line: '#d5dae1', gain: '#0065a8', loss: '#a85600', ok: '#00694f', warn: '#735c00',
  danger: '#b3261e', middle: '#f2f3f5',
}

export const usePalette = (): Palette => useComputedColorScheme('dark') === 'dark' ? dark : light
