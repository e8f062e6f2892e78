/** For tests: every flood at once, in a process of its own, until the process that has started it ends it. */

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { endFlood, type Flooder, openFlood } from '../support/flood.ts'
import { rawHead, rawRequest } from '../support/raw.ts'
import type { Reachable } from '../support/server.ts'

/** What the process is started with. */
export type FloodSettings = Reachable & { readonly largeKeyId: string }

/** What the process says of itself: how often each flood was sent. */
export type FloodCounts = Readonly<Record<string, number>>

/** One flood: what its clients do, and how long it is waited before it comes again. */
type Flood = {
  readonly name: string
  readonly clients: number
  readonly holdMs: number
  readonly send: (clients: readonly Flooder[], settings: FloodSettings) => void
}

const PAUSE_MS = 500
const PROBE = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'
const MEGABYTE = 1_000_000
const WRONG = { secretAccessKey: 'wrong' }
const JSON_TARGET = 'TrentService.CreateKey'

const FLOODS: readonly Flood[] = [
  {
    name: 'pipelining',
    clients: 20,
    holdMs: 5_000,
    send: (clients) => {
      for (const { send } of clients) send(PROBE.repeat(1_000))
    },
  },
  {
    name: 'unread answers',
    clients: 400,
    holdMs: 15_000,
    send: (clients, settings) => {
      const input = JSON.stringify({ KeyId: settings.largeKeyId })
      const request = Buffer.from(rawRequest(settings, 'TrentService.GetKeyPolicy', input))
      // 300 answers of 34 KB are 10 MB.
      const ahead = Buffer.concat(Array.from({ length: 300 }, () => request))
      for (const { socket, send } of clients) {
        socket.pause()
        send(ahead)
      }
    },
  },
  {
    name: 'slow bodies',
    clients: 64,
    holdMs: 10_000,
    send: (clients, settings) => {
      const unsigned = [`Content-Length: ${MEGABYTE}`]
      for (const { send } of clients) {
        send(rawHead(settings, JSON_TARGET, '', { ...WRONG, unsigned }))
        send(Buffer.alloc(900_000, 0x20))
      }
    },
  },
  {
    name: 'slow heads',
    clients: 200,
    holdMs: 12_000,
    send: (clients) => {
      for (const client of clients) void trickle(client)
    },
  },
  {
    name: 'idle connections',
    clients: 5_000,
    holdMs: 10_000,
    send: (clients) => {
      for (const { send } of clients) send(PROBE)
    },
  },
  {
    name: 'wrong signatures',
    clients: 8,
    holdMs: 10_000,
    send: (clients, settings) => {
      const request = rawRequest(settings, JSON_TARGET, '{}'.padEnd(MEGABYTE), WRONG)
      for (const { socket, send } of clients) {
        send(request)
        socket.on('data', () => send(request))
      }
    },
  },
  {
    name: 'deep JSON',
    clients: 4,
    holdMs: 5_000,
    send: (clients, settings) => {
      for (const { send } of clients) send(rawRequest(settings, JSON_TARGET, '['.repeat(MEGABYTE)))
    },
  },
  {
    name: 'rubbish',
    clients: 50,
    holdMs: 1_000,
    send: (clients) => {
      for (const { send } of clients) send(randomBytes(2_048))
    },
  },
]

/** A head that never ends. */
async function trickle({ send, isOpen }: Flooder): Promise<void> {
  send('POST / HTTP/1.1\r\nHost: a\r\n')
  for (let line = 0; isOpen(); line += 1) {
    await delay(1_000)
    if (isOpen()) send(`X-${line}: a\r\n`)
  }
}

/** So many at once: an address has many of them, and the kernel queues few. */
const OPENED_AT_ONCE = 250

async function open(settings: FloodSettings, { clients }: Flood, address: string): Promise<Flooder[]> {
  const opened: Flooder[] = []
  while (opened.length < clients) {
    const count = Math.min(OPENED_AT_ONCE, clients - opened.length)
    opened.push(...(await openFlood(settings, count, address)))
  }
  return opened
}

async function run(settings: FloodSettings, counts: Record<string, number>): Promise<void> {
  await Promise.all(
    FLOODS.map(async (flood, at) => {
      // Each from an address of its own, and from that of the honest clients every other time.
      for (let round = 0; ; round += 1) {
        const address = round % 2 === 0 || flood.clients > OPENED_AT_ONCE ? `127.0.1.${at + 1}` : '127.0.0.1'
        const clients = await open(settings, flood, address)
        flood.send(clients, settings)
        counts[flood.name] = (counts[flood.name] ?? 0) + 1
        await Promise.race([delay(flood.holdMs), Promise.all(clients.map(({ closed }) => closed))])
        endFlood(clients)
        await delay(PAUSE_MS)
      }
    }),
  )
}

const counts: Record<string, number> = {}
process.on('disconnect', () => process.exit())
process.on('message', (message: unknown) => {
  if (message === 'counts') process.send?.(counts satisfies FloodCounts)
  else void run(parseSettings(message), counts)
})

/** From the process that has started this one, and nobody else. */
function parseSettings(message: unknown): FloodSettings {
  return message as FloodSettings
}
