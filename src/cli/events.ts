import { join } from 'node:path'
import { EVENTS_FOLDER, findEventOrigins } from '../app/deployment.ts'
import { formatCount } from '../base/count.ts'
import { printable } from '../base/printable.ts'
import { ConfigError } from '../config/setting.ts'
import { readDeadLetters } from '../notifications/dead-letters.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { findEndpoint } from './endpoint.ts'
import { operate } from './operating.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast events list-dead`: lists events that could not be delivered. */
export async function listDead(input: CommandInput): Promise<number> {
  const { config } = input
  requireDataFolder(config)
  const letters = await readDeadLetters({ folder: join(config.data, EVENTS_FOLDER) })
  const events = letters.map(({ at, eventId, origin, attempts, reason }) => {
    return { at, eventId, endpoint: origin, attempts, reason }
  })
  printResult(input, { events }, () =>
    // The reason may repeat a receiver's text.
    events.map(({ at, eventId, endpoint, attempts, reason }) =>
      printable([at, eventId, endpoint, String(attempts), reason].join('  ')),
    ),
  )
  if (events.length > 0) printNext(input, 'holdfast events redeliver delivers them again')
  return 0
}

/** `holdfast events redeliver`: puts dead letters back into the queues. */
export async function redeliver(input: CommandInput): Promise<number> {
  const { event } = input.flags
  const queued = await operate(input, (operator) => operator.redeliverEvents(event))
  if (event !== undefined && queued === 0) throw new ConfigError(`no dead letter has the event ID ${event}`)
  printResult(input, { queued }, () => [`queued for delivery: ${formatCount(queued, 'event')}`])
  if (queued > 0) await sayWhoDelivers(input)
  return 0
}

/** `holdfast events test`: makes the server send a test event to its endpoints. */
export async function testDelivery(input: CommandInput): Promise<number> {
  requireDataFolder(input.config)
  const endpoints = await findEventOrigins(input.config)
  if (endpoints?.length === 0) throw new ConfigError(NO_ENDPOINTS)
  await operate(input, (operator) => operator.testEvents())
  printResult(input, { recorded: true, endpoints: endpoints ?? null }, () => [
    `recorded the test event for ${endpoints === undefined ? 'the next server' : endpoints.join(', ')}`,
  ])
  await sayWhoDelivers(input)
  return 0
}

const NO_ENDPOINTS =
  'the server on this data folder has no endpoints: set HOLDFAST_WEBHOOKS in its configuration and start it again'

async function sayWhoDelivers(input: CommandInput): Promise<void> {
  const isServed = (await findEndpoint(input.config)) !== undefined
  printNext(
    input,
    isServed
      ? 'the server delivers to the endpoints in its HOLDFAST_WEBHOOKS; holdfast events list-dead shows what fails'
      : 'start holdfast serve, which delivers to the endpoints in its HOLDFAST_WEBHOOKS',
  )
}
