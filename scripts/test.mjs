// Runs vitest over test/**/*.test.ts (arguments go to vitest: `npm test -- test/security`), names what was skipped and why, and closes
// with one line: "N passed, N failed", and ", N skipped" where there are any. The exit code is 0 only when at least one test ran, none
// failed (a test that fails is tried once more, and named if it passes then), nothing broke outside a test, and, with CI=true, none was skipped.
import process from 'node:process'
import { parseCLI, startVitest } from 'vitest/node'

const ci = process.env.CI === 'true'
const results = '.test-results/results.json'

const { passed, failed, skipped, again } = await runTests()
const closingLine = `${passed} passed, ${failed} failed` + (skipped.length > 0 ? `, ${skipped.length} skipped` : '')
for (const line of reasons(skipped)) console.log(line)
for (const name of again) console.log(`passed only when it was tried again: ${name}`)
if (passed + failed === 0) console.log('no test ran')
if (ci && skipped.length > 0) console.log('with CI=true a skipped test is a failure')
// Once the line is written, the end: whatever a test left open must not hold the process or print after it.
process.stdout.write(`${closingLine}\n`, () => process.exit(failed > 0 || passed === 0 || (ci && skipped.length > 0) ? 1 : 0))

async function runTests() {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
  const vitest = await startVitest(filter, { ...options, watch: false, reporters: ['default', ['json', { outputFile: results }]] })
  const modules = vitest.state.getTestModules()
  const unhandled = vitest.state.getUnhandledErrors().length
  await vitest.close()

  const outcome = {
    passed: 0,
    failed: 0,
    skipped: /** @type {{ file: string, why: string }[]} */ ([]),
    again: /** @type {string[]} */ ([]),
  }
  for (const module of modules) {
    const before = outcome.failed
    for (const test of module.children.allTests()) {
      const result = test.result()
      if (test.diagnostic()?.flaky) outcome.again.push(`${module.relativeModuleId} > ${test.fullName}`)
      if (result.state === 'passed') outcome.passed += 1
      else if (result.state === 'skipped') outcome.skipped.push({ file: module.relativeModuleId, why: result.note ?? 'no reason given' })
      else outcome.failed += 1 // 'pending' too: a test that never came to its end
    }
    // A file or a suite that broke outside its tests (an import, a hook) counts as one failure, or its tests would vanish unseen.
    if (!module.ok() && outcome.failed === before) outcome.failed += 1
  }
  // So does everything else that made vitest unhappy: a rejection nobody awaited, a worker that died.
  if (outcome.failed === 0 && (unhandled > 0 || (modules.length > 0 && Boolean(process.exitCode)))) outcome.failed += 1
  return outcome
}

/** @param {{ file: string, why: string }[]} skippedTests */
function reasons(skippedTests) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { file, why } of skippedTests) {
    const key = `${file} (${why})`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([suite, count]) => `skipped: ${suite}: ${count} ${count === 1 ? 'test' : 'tests'}`)
}
