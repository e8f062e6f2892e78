import { createServer } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into a server before its own code: measures the turns of its event loop, by the CPU time of the main thread.
 * A client of the socket that {@link PROBE_VARIABLE} names writes a line to begin, and another to end and be told.
 */

/** What was measured between two lines, in milliseconds of CPU time. */
export type Turns = {
  readonly longestMs: number
  /** Of all turns that did something. */
  readonly busyMs: number
}

/** A turn that only looks at the clock is shorter. */
const BUSY_TURN_MS = 0.1

/** Names the socket of the probe. */
export const PROBE_VARIABLE = 'BENCH_TURN_PROBE'

const path = process.env[PROBE_VARIABLE]
if (path !== undefined && isMainThread && process.argv[1]?.endsWith('main.ts') === true) {
  const server = createServer((socket) => {
    let watch = watchTurns()
    let running = false
    socket.on('data', () => {
      if (running) socket.write(`${JSON.stringify(watch.end())}\n`)
      else {
        watch = watchTurns()
        watch.begin()
        socket.write('\n')
      }
      running = !running
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => watch.end())
  })
  server.listen(path)
  server.unref()
}

/** While it is on, the loop never sleeps: each of its turns ends with a look at the clock. */
function watchTurns() {
  let lastMs = 0
  let busyMs = 0
  let longestMs = 0
  let on = false
  const look = (): void => {
    if (!on) return
    const nowMs = cpuMs()
    const turnMs = nowMs - lastMs
    longestMs = Math.max(longestMs, turnMs)
    if (turnMs > BUSY_TURN_MS) busyMs += turnMs
    lastMs = nowMs
    setImmediate(look)
  }
  return {
    begin: (): void => {
      on = true
      // The turn that heard of it is not counted.
      setImmediate(() => {
        lastMs = cpuMs()
        setImmediate(look)
      })
    },
    end: (): Turns => {
      on = false
      return { longestMs, busyMs }
    },
  }
}

/** CPU time of this thread. Asking for that of the process first makes Linux count the present time slice too. */
function cpuMs(): number {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
