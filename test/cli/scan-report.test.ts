// What a scan writes: true to what it found, and fit to be shown, whatever servers put into hosts, headers and names of cookies.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reportAsHtml } from '../../packages/landbridge/src/cli/scan/html.ts'
import { reportAsJson } from '../../packages/landbridge/src/cli/scan/json.ts'
import type { ScanReport } from '../../packages/landbridge/src/cli/scan/report.ts'
import { reportAsSarif } from '../../packages/landbridge/src/cli/scan/sarif.ts'
import { shown } from '../../packages/landbridge/src/cli/scan/shown.ts'
import type { Paint } from '../../packages/landbridge/src/cli/terminal.ts'
import { reportAsText } from '../../packages/landbridge/src/cli/scan/text.ts'
import { CHECKS, CLEAN, hostile, REPORT } from '../support/scan-reports.ts'

const plain: Paint = (_, text) => text
const asText = (report: ScanReport, paint = plain): string => reportAsText(report, CHECKS, paint)

/** Escapes, bidi, lone surrogates, markup, placeholders and much of it, beside any text there is. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom('\u001b', '[', '\r', '\n', '\u009b', '\u202e', '<', '>', '"', "'", '&', '\\', '{0}', ']', '(', '/', ' ', 'א'),
  }),
  fc.constantFrom(
    '\u001b]0;owned\u0007',
    '\u001b[2J\u001b[H',
    '</style><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '--><svg onload=alert(1)>',
    '[free money](https://evil.example)',
    'x'.repeat(20_000),
    '\u0301'.repeat(500),
    '__proto__',
    'constructor',
    '$& $1 $`',
  ),
)

/** What moves a cursor, hides or reorders. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u0590-\u08ff]/u

describe('For a terminal', () => {
  test('the verdict comes first, then what could not be found out, then faults before warnings before notes', () => {
    const text = asText(REPORT)
    const [first, second] = text.split(/\n(?=A session)|\n(?=Landbridge)/)
    expect(first).toBe('Faults were found: 2 faults, 1 warning, 1 note.')
    expect(second!.replaceAll('\n', ' ')).toBe(
      'A session cookie was shown to another host 5 times, and opened the session there in 2; 1 of them cannot be told.',
    )
    const order = [
      'old.shop.example did not answer',
      '[cookie-works-elsewhere]',
      '[cookie-domain-wide]',
      '[redirects-elsewhere]',
      'Hosts and their',
    ]
    expect(order.map((each) => text.indexOf(each))).toEqual(order.map((each) => text.indexOf(each)).sort((a, b) => a - b))
    expect(order.every((each) => text.includes(each))).toBe(true)
  })

  test('each check tells once why it matters, and each finding where, what, how it is known and what to do', () => {
    const text = asText(REPORT).replaceAll(/\n +/g, ' ')
    expect(text.split('is signed in on all the others.')).toHaveLength(2)
    expect(text).toContain('✗ a.shop.example: The cookie sessionid of a.shop.example was accepted at b.shop.example.')
    expect(text).toContain('without: “Hello stranger”')
    expect(text.split('Fix: Bind each session to the host it began at')).toHaveLength(2)
  })

  test('cookies are told with all they are guarded by, or not, and experiments with how they are known', () => {
    const text = asText(REPORT).replaceAll(/\n +/g, ' ')
    expect(text).toContain('sessionid (session) host-only, path /, not Secure, HttpOnly, SameSite=Lax, 14 days')
    expect(text).toContain('csrftoken host-only, path /, Secure, not HttpOnly, no SameSite, until the browser closes')
    expect(text).toContain('Domain=shop.example, path /')
    expect(text).toContain('✓ a.shop.example → admin.shop.example: refused (signed in, with sessionid) because: the page was the one')
    expect(text).toContain('✗ POST https://a.shop.example/transfer from https://attacker.example: accepted (status 200)')
    expect(text).toContain('? https://old.shop.example/: no answer within 10 seconds')
  })

  test('nothing wrong is said so, and a scan that saw not everything is not called fine', () => {
    expect(asText(CLEAN)).toMatch(/^Nothing is wrong\.\n/)
    expect(asText({ ...CLEAN, complete: false })).toMatch(/^No fault was found, but not everything could be found out/)
    expect(asText({ ...REPORT, complete: true, findings: REPORT.findings.filter(({ level }) => level !== 'fault') })).toMatch(
      /^No fault was found: 1 warning, 1 note\.\n/,
    )
  })

  test('what is painted is fit to be shown, in no more than 80 columns', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const line of asText(hostile(text)).split('\n')) {
          expect(Array.from(line).length).toBeLessThanOrEqual(80)
          expect(line).not.toMatch(UNFIT)
        }
        asText(hostile(text), (style, part) => {
          expect(part).not.toMatch(UNFIT)
          return style
        })
      }),
      { numRuns: 300 },
    )
  })

  test('a long name is cut short, an ordinary text is left as it is', () => {
    expect(asText(hostile('x'.repeat(100_000))).length).toBeLessThan(60_000)
    expect(shown('Ünïcödé — “quotes” → 日本語 🙂 a\\b')).toBe('Ünïcödé — “quotes” → 日本語 🙂 a\\b'.normalize())
    expect(shown('a\u001b[31m\u202eb\u200bc')).toBe('a\\u{1b}[31m\\u{202e}b\\u{200b}c')
  })
})

describe('As HTML', () => {
  const style = (page: string): string => /<style>([^]*?)<\/style>/.exec(page)![1]!

  test('nothing is loaded, no script is in it, and its own policy allows its own style alone', () => {
    const page = reportAsHtml(REPORT, CHECKS)
    const hash = createHash('sha256').update(style(page)).digest('base64')
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    )
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style'))
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|\sstyle=|\son\w+=|url\(|@import/i)
  })

  test('names each host of the experiment as a row and a column, and says the outcome in words', () => {
    const page = reportAsHtml(REPORT, CHECKS).replaceAll('<wbr />', '').replaceAll(/\s+/g, ' ')
    const matrix = /<table class="matrix">.*?<\/table>/.exec(page)![0]
    const cells = [...matrix.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
      row!
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    expect(cells).toEqual([
      'cookie of ↓ shown to → a.shop.example b.shop.example admin.shop.example',
      'a.shop.example its own ✗ accepted signed-in ✓ refused signed-in',
      'b.shop.example ✗ accepted signed-in its own ? unclear signed-in',
      'admin.shop.example ✓ refused signed-in not tried its own',
    ])
  })

  test('of several experiments with one pair of hosts the worst is shown', () => {
    const [accepted] = REPORT.experiments
    const experiments = (['refused', 'accepted', 'unclear'] as const).map((outcome) => ({ ...accepted!, outcome }))
    const page = reportAsHtml({ ...REPORT, experiments }, CHECKS)
    expect(page.match(/<td class="mark (\w+)"/g)).toContain('<td class="mark red"')
    expect(page).not.toContain('<td class="mark green"')
  })

  test('whatever a server sends is text: the elements are those of a report without it', () => {
    const elements = (page: string): string[] =>
      [...page.replaceAll('<wbr />', '').matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/\s[^]*$/, ''))
    const expected = elements(reportAsHtml(hostile('harmless'), CHECKS))
    fc.assert(
      fc.property(
        hostileText.filter((text) => text !== ''),
        (text) => {
          const page = reportAsHtml(hostile(text), CHECKS)
          expect(elements(page)).toEqual(expected)
          expect(page.replaceAll('\n', '')).not.toMatch(UNFIT)
          expect(page).not.toMatch(/<(?:script|img|svg)/)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('As JSON', () => {
  const documented = readFileSync(new URL('../../docs/scan-report.md', import.meta.url), 'utf8')

  test('it is the report, with a format, how much was found, and nothing that the report type does not name', () => {
    const extra = { ...REPORT, secret: 'geheim', hosts: REPORT.hosts.map((host) => ({ ...host, body: 'geheim' })) }
    const { format, counts, ...rest } = JSON.parse(reportAsJson(extra))
    expect([format, counts]).toEqual([1, { fault: 2, warning: 1, note: 1 }])
    expect(rest).toEqual(REPORT)
  })

  test('each field is documented', () => {
    const fields = new Set<string>()
    JSON.parse(reportAsJson(REPORT), function (key, value) {
      if (!Array.isArray(this)) fields.add(key)
      return value
    })
    fields.delete('')
    expect(fields.size).toBeGreaterThan(30)
    expect([...fields].filter((field) => !documented.includes(`\`${field}\``))).toEqual([])
  })

  test('it is the same value whatever is in it, and can be printed', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const written = reportAsJson(hostile(text))
        expect(written.replaceAll('\n', '')).not.toMatch(UNFIT)
        const { format: _, counts: __, ...rest } = JSON.parse(written)
        expect(rest).toEqual(JSON.parse(JSON.stringify(hostile(text))))
      }),
    )
  })
})

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }]
  readonly partialFingerprints: Readonly<Record<string, string>>
}

describe('As SARIF', () => {
  const read = (report: ScanReport) => JSON.parse(reportAsSarif(report, CHECKS))

  test('the rules are the catalogue, each result names its own, its level and the URL of its host', () => {
    const { version, runs } = read(REPORT)
    const [{ tool, results, invocations }] = runs
    expect([version, runs.length]).toEqual(['2.1.0', 1])
    expect(tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(CHECKS.map(({ id }) => id))
    expect(tool.driver.rules[0].help.text).toContain('Bind each session')
    const summary = results.map((result: Result) => [
      tool.driver.rules[result.ruleIndex].id === result.ruleId,
      result.level,
      result.locations[0].physicalLocation.artifactLocation.uri,
    ])
    expect(summary).toEqual([
      [true, 'note', 'https://admin.shop.example/'],
      [true, 'error', 'https://a.shop.example/'],
      [true, 'error', 'https://b.shop.example/'],
      [true, 'warning', 'https://admin.shop.example/'],
    ])
    expect(invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ message: { text: 'old.shop.example did not answer within 10 seconds.' } }],
    })
  })

  test('an alert stays the same one when its sentence changes, and another place is another alert', () => {
    const prints = (report: ScanReport): string[] =>
      read(report).runs[0].results.map((result: Result) => result.partialFingerprints['checkAndPlace/v1'])
    const reworded = { ...REPORT, findings: REPORT.findings.map((finding) => ({ ...finding, message: 'Said otherwise.' })) }
    expect(prints(reworded)).toEqual(prints(REPORT))
    expect(new Set(prints(REPORT)).size).toBe(REPORT.findings.length)
  })

  test('no text of a server makes a link or a place to fill', () => {
    const [result] = read(hostile('[free money](https://evil.example) {0}')).runs[0].results
    expect(result.message.text).toContain('\\[free money\\](https://evil.example) {{0}}')
  })

  test('whatever a server sends, every result has a rule and a location that is a URL', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const written = reportAsSarif(hostile(text), CHECKS)
        expect(written.replaceAll('\n', '')).not.toMatch(UNFIT)
        const [{ tool, results }] = JSON.parse(written).runs
        expect(results).toHaveLength(3)
        for (const { ruleId, ruleIndex, locations } of results) {
          expect(tool.driver.rules[ruleIndex].id).toBe(ruleId)
          expect(URL.canParse(locations[0].physicalLocation.artifactLocation.uri)).toBe(true)
        }
      }),
    )
  })
})
