import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The address to listen on. */
export type Place = {
  readonly host: string
  readonly port: number
  /** Whether other processes listen on the same port. */
  readonly sharedPort: boolean
  /** The setting of the address, for messages. */
  readonly setting: string
}

/** What an operator can do about an error of a socket. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['EADDRINUSE', 'end what listens there, or choose another port'],
  ['EADDRNOTAVAIL', 'choose an address that this machine has'],
  ['EACCES', 'choose a port that needs no privilege, from 1024'],
  ['ENOTFOUND', 'choose an address, or a name that has one'],
])

/** Begins to listen and returns the port. @throws Error that names the setting and says what to do. */
export function listen(server: Server, { host, port, sharedPort, setting }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const advice = ADVICE.get(cause.code)
      const suffix = advice === undefined ? '' : `: ${advice}`
      reject(new Error(`${setting} cannot be used: ${cause.message}${suffix}`, { cause }))
    }
    server.once('error', failed)
    server.listen({ host, port, reusePort: sharedPort }, () => {
      server.removeListener('error', failed)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
