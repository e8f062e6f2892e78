/** How long a probe waits for an answer. */
const PROBE_TIMEOUT_MS = 2000

/** Whether a server is ready: `ready`, `not ready`, or why it does not answer. */
export async function probeReady(endpoint: string): Promise<string> {
  try {
    const answer = await fetch(new URL('/readyz', endpoint), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    })
    return answer.ok ? 'ready' : 'not ready'
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `no answer (${cause instanceof Error ? cause.message : String(cause)})`
  }
}
