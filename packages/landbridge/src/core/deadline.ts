/** How long a function of the application, such as a host resolver, may take for one answer, in milliseconds. */
const DEADLINE_MS = 2000

/** The result, or a failure when it takes too long: what hangs behind the application must not hang the application. */
export async function withinDeadline<Result>(result: PromiseLike<Result>, who: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The ${who} did not answer within ${DEADLINE_MS} ms.`)), DEADLINE_MS)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}
