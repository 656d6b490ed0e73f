import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // The built library runs as its users run it: by Node itself, not through the test runner's transformer.
    server: { deps: { external: [/\/packages\/landbridge\/dist\//] } },
  },
})
