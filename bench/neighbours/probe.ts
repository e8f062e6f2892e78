import { connect } from 'node:net'
import type { Turns } from '../turn-probe.ts'

/** The probe of a server's event loop: `begin`, and `end` gives the turns since. */
export type Probe = {
  readonly begin: () => Promise<void>
  readonly end: () => Promise<Turns>
  readonly close: () => void
}

/** Connects to the socket of a probe. */
export async function openProbe(path: string): Promise<Probe> {
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once('data', (line: Buffer) => resolve(line.toString()))
      socket.once('close', () => reject(new Error('the server has ended')))
      socket.write('\n')
    })
  return {
    begin: async () => void (await ask()),
    end: async () => parseTurns(await ask()),
    close: () => socket.destroy(),
  }
}

/** From the probe, which is ours. */
function parseTurns(line: string): Turns {
  return JSON.parse(line) as Turns
}
