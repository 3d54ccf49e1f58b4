/** Vite's development server over the mock. */
import { createServer } from 'vite'
import { serve } from './serve.mjs'

const mock = await serve()
process.env.PMS_SERVER = mock.url
const vite = await createServer()
await vite.listen()
vite.printUrls()
