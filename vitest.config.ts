import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    // Real browsers and database servers on a busy machine: what fails once is tried once more, and named at the end if it passes then.
    retry: 1,
    hookTimeout: 30_000,
    // The built library runs as its users run it: by Node itself, not through the test runner's transformer.
    server: { deps: { external: [/\/packages\/landbridge\/dist\//] } },
  },
})
