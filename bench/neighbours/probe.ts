import { connect } from 'node:net'
import type { Turns } from '../turn-probe.ts'

/** The probe of a server's event loop. `begin` starts a measurement; `end` returns the turns since then. */
export type Probe = {
  readonly begin: () => Promise<void>
  readonly end: () => Promise<Turns>
  readonly close: () => void
}

/** Connects to a probe's socket. */
export async function openProbe(path: string): Promise<Probe> {
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the server has ended'))
      socket.once('close', ended)
      socket.once('data', (line: Buffer) => {
        socket.off('close', ended)
        resolve(line.toString())
      })
      socket.write('\n')
    })
  return {
    begin: async () => void (await ask()),
    end: async () => parseTurns(await ask()),
    close: () => socket.destroy(),
  }
}

/** Trusts the line, which comes from the bench's own probe. */
function parseTurns(line: string): Turns {
  return JSON.parse(line) as Turns
}
