import { printable } from '../base/printable.ts'

/** How long a probe waits for an answer. */
const PROBE_TIMEOUT_MS = 2000
/** Characters of a reason that are shown; those of the server are shorter. */
const REASON_MAX = 200

/** Whether a server is ready: `ready`, why it is not, or why it does not answer. */
export async function probeReady(endpoint: string): Promise<string> {
  try {
    const answer = await fetch(new URL('/readyz', endpoint), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    })
    return answer.ok ? 'ready' : await reasonOf(answer)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `no answer (${cause instanceof Error ? cause.message : String(cause)})`
  }
}

/** Of an answer that is not Holdfast's, nothing is repeated, and no more than one piece is read. */
async function reasonOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader()
  const piece = await reader?.read()
  await reader?.cancel()
  const text = new TextDecoder().decode(piece?.value).trim().slice(0, REASON_MAX)
  return text.startsWith('not ready: ') ? printable(text) : 'not ready'
}
