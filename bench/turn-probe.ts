import { createServer } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/**
 * A module that a server loads before its own code. It measures event-loop turns by the CPU time of the main thread. A
 * client of the socket that {@link PROBE_VARIABLE} names writes one line to start a measurement, and another to end it
 * and receive the result.
 */

/** The measurement between two lines, in milliseconds of CPU time. */
export type Turns = {
  readonly longestMs: number
  /** The total of all busy turns. */
  readonly busyMs: number
}

/** Turns below this time only read the clock. */
const BUSY_TURN_MS = 0.1

/** The environment variable with the path of the probe's socket. */
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

/** Measures turns. While it is on, the event loop never sleeps: each turn ends with a read of the clock. */
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
      // Does not count the turn that receives the line.
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

/** The CPU time of this thread. Reading that of the process first makes Linux include the current time slice. */
function cpuMs(): number {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
