/** Names a browser for people, as in "Firefox 140 on Linux". Made of the words below and digits alone, so it may stand on a page and in a log. */

const BROWSERS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\bEdg(?:e|A|iOS)?\/(\d{1,4})/, 'Edge'],
  [/\b(?:OPR|OPT|OPX)\/(\d{1,4})/, 'Opera'],
  [/\bSamsungBrowser\/(\d{1,4})/, 'Samsung Internet'],
  [/\bVivaldi\/(\d{1,4})/, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\/(\d{1,4})/, 'Firefox'],
  [/\b(?:HeadlessChrome|Chromium|Chrome|CriOS)\/(\d{1,4})/, 'Chrome'],
  [/\bVersion\/(\d{1,4})[^]*\bSafari\//, 'Safari'],
  [/\bcurl\/(\d{1,4})/, 'curl'],
]

const SYSTEMS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** What is longer is no browser's. */
const LENGTH_LIMIT = 512

/** The label of a `User-Agent` header; `'Unknown browser'` for any that it does not know. What a client says of itself proves nothing. */
export function agentLabel(header: string | undefined): string {
  const text = header?.slice(0, LENGTH_LIMIT) ?? ''
  const system = SYSTEMS.find(([mark]) => mark.test(text))?.[1]
  for (const [mark, name] of BROWSERS) {
    const version = mark.exec(text)?.[1]
    if (version !== undefined) return system === undefined ? `${name} ${version}` : `${name} ${version} on ${system}`
  }
  return system === undefined ? 'Unknown browser' : `Unknown browser on ${system}`
}
