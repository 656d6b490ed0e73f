// What one authenticated request costs inside a process, without HTTP: parse the cookie, verify it, load the session,
// read one key. npm run bench -- --in-process

import { parseArgs } from 'node:util'
import { floor } from './in-process/floor.ts'
import { crossing } from './in-process/crossing.ts'
import { landbridge } from './in-process/landbridge.ts'
import { sealed } from './in-process/sealed.ts'
import { peers } from './in-process/peers.ts'
import { compare } from './in-process/compare.ts'
import { matches } from './lib/select.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    batches: { type: 'string', default: '60' },
  },
})

const contestants = [...floor(), ...(await landbridge()), ...(await sealed()), ...(await crossing()), ...(await peers())]
const wanted = contestants.filter(({ name }) => name.startsWith('floor') || matches(name, values.only))
console.log(await compare(wanted, Number(values.batches)))
