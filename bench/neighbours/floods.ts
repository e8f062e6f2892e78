import { endFlood, type Flooder, openFlood } from '../../test/support/flood.ts'
import { rawHead, rawRequest } from '../../test/support/raw.ts'
import type { CrowdedAccount } from './account.ts'

/** The actions of callers without credentials until the signal. */
export type Flood = {
  readonly what: string
  readonly run: (account: CrowdedAccount, signal: AbortSignal) => Promise<void>
}

/** The number of connections that the larger floods open. */
export type FloodSize = { readonly idleConnections: number; readonly pipelined: number }

const TINY = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'
const LARGE_BYTES = 1_000_000
const STOPPED_AT_BYTES = 900_000

/** All floods by callers without credentials. */
export function allFloods({ idleConnections, pipelined }: FloodSize): readonly Flood[] {
  return [
    flood('pipelined requests on 20 connections', 20, ({ send }) => send(TINY.repeat(pipelined))),
    flood('pipelined requests on 20 connections, responses unread', 20, ({ socket, send }) => {
      socket.pause()
      send(TINY.repeat(4 * pipelined))
    }),
    flood('64 incomplete bodies', 64, ({ send }, { bed }) => {
      const unsigned = [`Content-Length: ${LARGE_BYTES}`]
      send(rawHead(bed.server, 'TrentService.CreateKey', '', { secretAccessKey: 'wrong', unsigned }))
      send(Buffer.alloc(STOPPED_AT_BYTES, 0x20))
    }),
    flood(`${idleConnections} idle connections`, idleConnections, ({ send }) => send(TINY)),
    again('1 MB bodies with a wrong signature', (account) =>
      rawRequest(account.bed.server, 'TrentService.CreateKey', '{}'.padEnd(LARGE_BYTES), {
        secretAccessKey: 'wrong',
      }),
    ),
    again('1 MB of [ without a signature', () =>
      unsigned('application/x-amz-json-1.1', '['.repeat(LARGE_BYTES)),
    ),
    again('1 MB forms without a signature', () =>
      unsigned(
        'application/x-www-form-urlencoded',
        `Action=ListKeys&Version=2010-05-08${'&a=1'.repeat(240_000)}`,
      ),
    ),
    again('1 MB invalid tokens', () => {
      const token = '.'.repeat(LARGE_BYTES - 200)
      const fields = `Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=aa&RoleArn=${'r'.repeat(30)}`
      return unsigned('application/x-www-form-urlencoded', `${fields}&WebIdentityToken=${token}`)
    }),
  ]
}

/** Opens connections that act once and then stay open. */
function flood(
  what: string,
  connections: number,
  begin: (flooder: Flooder, account: CrowdedAccount) => void,
): Flood {
  return {
    what,
    run: async (account, signal) => {
      const opened: Flooder[] = []
      for (let left = connections; left > 0 && !signal.aborted; left -= AT_ONCE) {
        opened.push(...(await openFlood(account.bed.server, Math.min(left, AT_ONCE))))
      }
      for (const flooder of opened) if (flooder.isOpen()) begin(flooder, account)
      await ended(signal)
      endFlood(opened)
    },
  }
}

const AT_ONCE = 500
const SENDERS = 8

/** Opens connections that repeat a request after each response. */
function again(what: string, requestOf: (account: CrowdedAccount) => Uint8Array): Flood {
  return {
    what: `${what}, on ${SENDERS} connections`,
    run: async (account, signal) => {
      const request = requestOf(account)
      const opened = await openFlood(account.bed.server, SENDERS)
      for (const { socket, send } of opened) {
        send(request)
        socket.on('data', () => send(request))
      }
      await ended(signal)
      endFlood(opened)
    },
  }
}

function unsigned(type: string, body: string): Uint8Array {
  const head = [`POST / HTTP/1.1`, 'Host: a', `Content-Type: ${type}`, `Content-Length: ${body.length}`]
  return Buffer.from(`${[...head, 'X-Amz-Target: TrentService.CreateKey', '', body].join('\r\n')}`)
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
