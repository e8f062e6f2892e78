import { type Connection, openConnection } from './connection.ts'
import {
  type LoadCommand,
  type LoadReply,
  parseLoadCommand,
  type Window,
  type WindowResult,
} from './load-protocol.ts'
import { type RequestPool, signPool } from './requests.ts'
import { Run } from './run.ts'

/** The maximum time that requests in flight may take after the end of a window. */
const DRAIN_MS = 10_000

let pool: RequestPool = { bytes: Buffer.alloc(0), offsets: [0] }

process.on('message', (message) => {
  answer(parseLoadCommand(message)).then(reply, (error: unknown) => {
    reply({ kind: 'failed', why: error instanceof Error ? error.message : String(error) })
  })
})
process.on('disconnect', () => process.exit())
// Ctrl-C signals the whole process group. The parent process decides when this one ends.
process.on('SIGINT', () => {})

async function answer(command: LoadCommand): Promise<LoadReply> {
  switch (command.kind) {
    case 'sign':
      // Frees the old block before `signPool` allocates the new one.
      pool = { bytes: Buffer.alloc(0), offsets: [0] }
      pool = signPool(command.workload, command.to, command.count)
      return { kind: 'signed', count: pool.offsets.length - 1 }
    case 'run':
      return { kind: 'ran', result: await runWindow(command.window) }
  }
}

function reply(message: LoadReply): void {
  process.send?.(message)
}

/** Sends the pool from its start until the window ends or the pool is used up. */
async function runWindow(window: Window): Promise<WindowResult> {
  const run = new Run(pool, window.pids)
  const connections = await Promise.all(
    Array.from({ length: window.connections }, () => openLane(window, run)),
  )
  const timers = [
    setTimeout(() => run.measure(), window.warmupMs),
    setTimeout(() => run.stop(), window.warmupMs + window.measureMs),
    setTimeout(() => run.giveUp(DRAIN_MS), window.warmupMs + window.measureMs + DRAIN_MS),
  ]
  if (window.warmupMs === 0) run.measure()
  for (const lane of connections) lane.next()
  await run.done
  for (const timer of timers) clearTimeout(timer)
  for (const lane of connections) lane.close()
  return run.result()
}

type Lane = { readonly next: () => void; readonly close: () => void }

async function openLane({ endpoint }: Window, run: Run): Promise<Lane> {
  let sentAt = 0
  let inFlight = false
  let closed = false
  const next = () => {
    const request = run.take()
    inFlight = request !== undefined
    if (request === undefined) return
    sentAt = performance.now()
    connection.send(request)
  }
  const connection: Connection = await openConnection(endpoint, {
    answer: ({ status, bytes, bodyOffset }) => {
      inFlight = false
      if (status === 200) run.finish((performance.now() - sentAt) * 1000)
      else run.fail(`${status} ${bytes.toString('utf8', bodyOffset, bodyOffset + 300)}`)
      next()
    },
    end: (why) => {
      if (closed || !inFlight) return
      inFlight = false
      run.fail(why)
      run.abandon()
    },
  })
  return {
    next,
    close: () => {
      closed = true
      connection.close()
    },
  }
}
