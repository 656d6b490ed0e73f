// One of several processes on one session file; sqlite.test.ts starts it. Says 'ready', begins at the time that it is told, answers over IPC.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { sqlite } from 'landbridge/sqlite'
import { type Outcome, type SecretHash, valueOf } from 'landbridge/store'
import { delta, ELMER, FUDD, session } from './records.ts'

const [file = '', job = '', name = '', count = '0'] = process.argv.slice(2)
const id = session('shared').id

const jobs: Record<string, () => Promise<unknown>> = {
  /** Sets keys of its own and counts up a shared one, `count` times each. */
  async update() {
    const store = sqlite(file)
    for (let index = 0; index < Number(count); index++) {
      await store.update(id, ELMER, delta({ [`${name}-${index}`]: '1' }), Date.now())
      while ((await increment(store)) !== 'saved');
    }
    await store.close()
  },

  /** Takes `count` values, and answers which ones it got. */
  async take() {
    const store = sqlite(file)
    const got: (string | null)[] = []
    for (let index = 0; index < Number(count); index++) got.push(await store.take(`ticket-${index}`, Date.now()))
    await store.close()
    return got.filter((value) => value !== null)
  },

  /** Attaches a handle of its own to each of `count` sessions, and answers for which ones it was the first. */
  async attach() {
    const store = sqlite(file)
    const now = Date.now()
    const first: string[] = []
    for (let index = 0; index < Number(count); index++) {
      const { id: each, handle } = session(`session-${index}`)
      const attached = await store.attach(each, ELMER, { ...handle, scope: FUDD, hash: name as SecretHash }, 0, now)
      if (attached === 'attached') first.push(`${each} ${name}`)
    }
    await store.close()
    return first
  },

  /** Opens the file and creates one session. */
  async open() {
    const store = sqlite(file)
    await store.create(session(name))
    await store.close()
  },

  /** Creates and updates sessions for ever, and writes a line for each that was acknowledged. */
  async write() {
    const store = sqlite(file)
    for (let index = 0; ; index++) {
      const { id: own } = session(`${name}-${index}`)
      await store.create(session(`${name}-${index}`))
      tell(`created ${own}\n`)
      await store.update(id, ELMER, delta({ [name]: String(index) }), Date.now())
      tell(`updated ${name} ${index}\n`)
    }
  },
}

/** Writes at once, so that what was told was done; a pipe that its reader has not emptied yet refuses for a moment. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

async function increment(store: ReturnType<typeof sqlite>): Promise<Outcome> {
  const read = await store.read(id, ELMER)
  const json = valueOf(read!.handle!.values, 'count')
  return store.update(id, ELMER, { ...delta({ count: String(Number(json) + 1) }), expect: [{ key: 'count', json }] }, Date.now())
}

process.once('message', (startAt) => void work(Number(startAt)))

async function work(startAt: number): Promise<void> {
  while (Date.now() < startAt); // a message arrives when it likes, and the processes are to meet
  const answer = await jobs[job]!()
  process.send!({ answer }, () => process.disconnect())
}

process.send!('ready')
