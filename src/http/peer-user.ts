import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/** Source: Linux, `proc(5)`: a client may use a socket of IPv6 for an address of IPv4. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
/** The kernel writes a table in several pieces: a row may be missing when others change meanwhile. */
const ATTEMPTS = 3
const HEX = 16
const PORT_DIGITS = 4
/** 127.0.0.1 as the tables show it. */
const LOOPBACK = '0100007F'

/**
 * The id of the user who has opened the other end of a loopback connection; nothing when there is no such connection any
 * more, and `unknown` where the system does not say.
 */
export async function peerUser(socket: Socket): Promise<number | undefined | 'unknown'> {
  const { remotePort, localPort } = socket
  if (remotePort === undefined || localPort === undefined) return undefined
  const ends = [remotePort, localPort] as const
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    for (const table of TABLES) {
      const text = await readTable(table)
      if (text === undefined && table === TABLES[0]) return 'unknown'
      const user = text === undefined ? undefined : findUser(text, ends)
      if (user !== undefined) return user
    }
  }
  return undefined
}

/** The columns of a row: number, local address, remote address, state, queues, timer, retransmissions, user. */
function findUser(table: string, [from, to]: readonly [number, number]): number | undefined {
  const ends = new RegExp(
    `^ *\\d+: [0-9A-F]*${LOOPBACK}:${portText(from)} [0-9A-F]*${LOOPBACK}:${portText(to)} \\S+ \\S+ \\S+ \\S+ +(\\d+) `,
    'm',
  )
  const [, user] = ends.exec(table) ?? []
  return user === undefined ? undefined : Number(user)
}

function portText(port: number): string {
  return port.toString(HEX).toUpperCase().padStart(PORT_DIGITS, '0')
}

async function readTable(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1')
  } catch {
    return undefined
  }
}
