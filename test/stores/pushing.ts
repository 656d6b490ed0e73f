import type { Changed, SessionId, Stop, Store } from 'landbridge/store'

/** Stores of several processes over the same sessions, each with a channel of its own, whose messages arrive when the test says so. */
export class Pushing {
  readonly #sessions: Store
  readonly #channels: Inbox[] = []

  constructor(sessions: Store) {
    this.#sessions = sessions
  }

  /** One process's store. */
  connect(): { readonly store: Store; readonly inbox: Inbox } {
    const sessions = this.#sessions
    const inbox = new Inbox()
    this.#channels.push(inbox)
    const tell = (...ids: readonly SessionId[]): void => {
      for (const each of this.#channels) each.post(ids)
    }
    const told = async <Result>(ids: readonly SessionId[], call: () => Promise<Result> | Result, is: (result: Result) => boolean) => {
      const result = await call()
      if (is(result)) tell(...ids)
      return result
    }
    const store: Store = {
      ...sessions,
      read: async (...args) => sessions.read(...args),
      update: (id, ...args) =>
        told(
          [id],
          () => sessions.update(id, ...args),
          (outcome) => outcome === 'saved' && args[1].changes.size > 0,
        ),
      renew: (id, ...args) =>
        told(
          [id],
          () => sessions.renew(id, ...args),
          (outcome) => outcome === 'saved',
        ),
      attach: (id, ...args) =>
        told(
          [id],
          () => sessions.attach(id, ...args),
          (attachment) => attachment === 'attached',
        ),
      revoke: (id, scope, only) =>
        told(
          [id],
          () => sessions.revoke(id, scope, only),
          (ended) => ended,
        ),
      async revokeAccount(account, except) {
        const ids = (await sessions.sessionsOf(account, 0)).map(({ id }) => id).filter((id) => id !== except)
        return told(
          ids,
          () => sessions.revokeAccount(account, except),
          (count) => count > 0,
        )
      },
      watch: (changed) => inbox.open(changed),
      close: () => undefined,
    }
    return { store, inbox }
  }
}

/** What one process hears. */
export class Inbox {
  #listeners: readonly Changed[] = []
  #held: SessionId[] | null = null
  #isLost = false
  #refusals = 0
  opened = 0

  /** From now on messages wait. */
  hold(): void {
    this.#held ??= []
  }

  /** The oldest messages that wait, or all of them, arrive. */
  deliver(count = Infinity): void {
    for (const id of this.#held?.splice(0, count) ?? []) this.#arrive(id)
    if (count === Infinity) this.#held = null
  }

  get waiting(): number {
    return this.#held?.length ?? 0
  }

  /** From now on messages are lost without a word. */
  lose(): void {
    this.#isLost = true
  }

  /** Nothing is lost any more; what was, stays so. */
  find(): void {
    this.#isLost = false
  }

  /** The next openings fail. */
  refuse(times: number): void {
    this.#refusals = times
  }

  get listening(): number {
    return this.#listeners.length
  }

  /** Until it is called, whoever begins to listen hears of things before those who listen already. */
  listenFirst(): () => void {
    const before = this.#listeners
    this.#listeners = []
    return () => {
      this.#listeners = [...this.#listeners, ...before]
    }
  }

  missed(): void {
    for (const listener of this.#listeners) listener(null)
  }

  async open(changed: Changed): Promise<Stop> {
    this.opened += 1
    if (this.#refusals-- > 0) throw new Error('nobody can listen now')
    await Promise.resolve()
    this.#listeners = [...this.#listeners, changed]
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== changed)
    }
  }

  post(ids: readonly SessionId[]): void {
    if (this.#isLost) return
    if (this.#held !== null) this.#held.push(...ids)
    else for (const id of ids) this.#arrive(id)
  }

  #arrive(id: SessionId): void {
    for (const listener of this.#listeners) listener(id)
  }
}
