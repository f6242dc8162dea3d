import { defineConfig } from 'vitest/config'

/** Where `rampa up` listens, for `npm run dev` and `npm run preview`. */
const house = process.env.RAMPA_DEV_SERVER ?? 'http://127.0.0.1:8080'

const proxy = {
  '/api': { target: house, ws: true },
}

export default defineConfig({
  server: { proxy },
  preview: { proxy },
  build: {
    target: ['es2022', 'chrome107', 'firefox104', 'safari16'],
    // A `data:` address would need an exception in the content security policy.
    assetsInlineLimit: 0,
    manifest: true,
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
})
