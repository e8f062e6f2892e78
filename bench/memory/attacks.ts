import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endFlood, openFlood } from '../../test/support/flood.ts'
import { call, textAt } from '../client.ts'
import { hostHeader } from '../endpoint.ts'
import { type Addressing, signRequest } from '../requests.ts'

/** The script that runs every flood of the soak test at the same time. */
const FLOODS = fileURLToPath(new URL('../../test/soak/floods.ts', import.meta.url))
/** Close to the maximum size of a key policy. */
const POLICY_CHARS = 32_000
/** The number of responses of that size that make 10 MB. */
const ANSWERS = 300

/** Creates a key whose policy makes large responses. */
async function makeLargeKey(to: Addressing): Promise<string> {
  const keyId = textAt((await call(to, 'CreateKey', '{}')).output, 'KeyMetadata', 'KeyId')
  const KeyId = keyId
  const policy = textAt((await call(to, 'GetKeyPolicy', JSON.stringify({ KeyId }))).output, 'Policy')
  await call(to, 'PutKeyPolicy', JSON.stringify({ KeyId, Policy: policy.padEnd(POLICY_CHARS) }))
  return keyId
}

/** Requests 10 MB on each connection, reads nothing, and closes the connections after the hold time. */
export async function askAndNeverRead(to: Addressing, connections: number, holdMs: number): Promise<void> {
  const KeyId = await makeLargeKey(to)
  const request = signRequest('GetKeyPolicy', JSON.stringify({ KeyId }), to)
  const ahead = Buffer.concat(Array.from({ length: ANSWERS }, () => request))
  const flood = await openFlood({ endpoint: urlOf(to) }, connections)
  for (const { socket, send } of flood) {
    socket.pause()
    send(ahead)
  }
  await delay(holdMs)
  endFlood(flood)
}

/** Sends every flood at the same time, for the hold time. */
export async function floodWithAll(to: Addressing, holdMs: number): Promise<void> {
  const largeKeyId = await makeLargeKey(to)
  const child = fork(FLOODS, { stdio: 'inherit' })
  child.send({ endpoint: urlOf(to), credentials: to.credentials, largeKeyId })
  await delay(holdMs)
  child.disconnect()
  await once(child, 'exit')
}

function urlOf({ endpoint }: Addressing): string {
  return `${endpoint.tls ? 'https' : 'http'}://${hostHeader(endpoint)}`
}
