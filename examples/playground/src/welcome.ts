/** What `npm start` prints. */
import { styleText } from 'node:util'
import { SITES } from './hosts.ts'

export function welcome(port: number, file: string): string {
  const url = (host: string): string => styleText('cyan', `http://${host}:${port}`)
  const [elmer, fudd, app, accounts] = SITES.map(({ host }) => url(host))
  const quiet = (text: string): string => styleText('dim', text)
  return `
  ${styleText('bold', 'Landbridge playground')}

  Start here   ${url('localhost')}

  isolated     ${elmer}
               ${fudd}
  ${quiet('             each host has its own sessions')}
  shared       ${app}
               ${accounts}
  ${quiet('             one session for the whole domain')}

  Try first    Sign in on elmer, then show its cookie to fudd: it is refused.
               Turn on express-session at the top of the page and do it again.

  ${quiet(`Sessions are kept in ${file}. Ctrl+C stops.`)}
`
}
