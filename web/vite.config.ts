import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.PMS_SERVER ?? 'http://127.0.0.1:5080'

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': server } },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  test: { include: ['{src,test}/**/*.test.ts'] },
})
