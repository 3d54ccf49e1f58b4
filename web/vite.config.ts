import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.PMS_SERVER ?? 'http://127.0.0.1:5080'

export default defineConfig({
  plugins: [react()],
  // The hashing of the chain's messages is that of ts/attestation, from its sources; they find the viem of this folder, so nothing need be installed there.
  resolve: {
    alias: { 'pms-attestation': fileURLToPath(new URL('../ts/attestation/src', import.meta.url)) },
    dedupe: ['viem'],
  },
  server: { proxy: { '/api': server } },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  test: { include: ['{src,test}/**/*.test.ts'] },
})
