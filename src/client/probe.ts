import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { printable } from '../base/printable.ts'

/** The time limit of a probe. */
const PROBE_TIMEOUT_MS = 2000
/** The maximum length of a shown reason; those of the server are shorter. */
const REASON_MAX = 200
/** Hosts of servers that listen on all addresses. No certificate can name them. */
const ALL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])

/** The status of an answer and its first piece. */
type Answer = { readonly ok: boolean; readonly piece: Uint8Array | undefined }

/**
 * Probes a server of this machine: `ready`, why it is not ready, or why it does not answer. Its certificate must be trusted; for a
 * server that listens on all addresses, it may name any host.
 */
export async function probeReady(endpoint: string): Promise<string> {
  const url = new URL('/readyz', endpoint)
  const isNamed = url.protocol === 'http:' || !ALL_ADDRESSES.has(url.hostname)
  try {
    const { ok, piece } = await (isNamed ? ask(url) : askUnnamed(url))
    return ok ? 'ready' : reasonOf(piece)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `no answer (${cause instanceof Error ? cause.message : String(cause)})`
  }
}

async function ask(url: URL): Promise<Answer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
  const reader = answer.body?.getReader()
  const piece = await reader?.read()
  await reader?.cancel()
  return { ok: answer.ok, piece: piece?.value }
}

async function askUnnamed(url: URL): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
    https.get(url, { signal, checkServerIdentity: () => undefined }, resolve).once('error', reject)
  })
  const { statusCode = 0 } = response
  const pieces: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]()
  const { value } = await pieces.next()
  response.destroy()
  return { ok: statusCode >= 200 && statusCode < 300, piece: value }
}

/** The reason in an answer. The function repeats nothing from answers that are not Holdfast's. */
function reasonOf(piece: Uint8Array | undefined): string {
  const text = new TextDecoder().decode(piece).trim().slice(0, REASON_MAX)
  return text.startsWith('not ready: ') ? printable(text) : 'not ready'
}
