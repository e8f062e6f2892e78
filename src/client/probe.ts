import { printable } from '../base/printable.ts'

/** The time limit of a probe. */
const PROBE_TIMEOUT_MS = 2000
/** The maximum length of a shown reason; those of the server are shorter. */
const REASON_MAX = 200

/** Probes a server: `ready`, why it is not ready, or why it does not answer. */
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

/**
 * The reason in an answer. The function repeats nothing from answers that are not Holdfast's, and reads one
 * chunk at most.
 */
async function reasonOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader()
  const piece = await reader?.read()
  await reader?.cancel()
  const text = new TextDecoder().decode(piece?.value).trim().slice(0, REASON_MAX)
  return text.startsWith('not ready: ') ? printable(text) : 'not ready'
}
