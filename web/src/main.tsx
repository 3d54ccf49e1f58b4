import '@mantine/core/styles.css'
import './app/theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'

const host = document.getElementById('root')
if (!host) throw new Error('index.html has no #root')
createRoot(host).render(<StrictMode><App /></StrictMode>)
