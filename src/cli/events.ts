import { join } from 'node:path'
import { EVENTS_FOLDER } from '../app/deployment.ts'
import { asOperator } from '../app/operator.ts'
import { printable } from '../base/printable.ts'
import { readDeadLetters } from '../notifications/dead-letters.ts'
import type { Command } from './command.ts'
import { EXIT_FAILURE } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'

/** `holdfast events list-dead`: events that could not be delivered. */
const listDead: Command = {
  name: 'events list-dead',
  about: 'lists events that could not be delivered: time, event, endpoint, attempts, reason',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const letters = await readDeadLetters({ folder: join(config.data, EVENTS_FOLDER) })
    for (const { at, eventId, origin, attempts, reason } of letters) {
      // The reason may repeat what a receiver has said.
      output.print(printable([at, eventId, origin, String(attempts), reason].join('  ')))
    }
    return 0
  },
}

/** `holdfast events redeliver`: puts them back into the queues. */
const redeliver: Command = {
  name: 'events redeliver',
  about: 'delivers events again that could not be delivered',
  flags: { event: { about: 'the id of one of them; all when left out' } },
  run: async ({ config, flags, output }) => {
    requireDataFolder(config)
    const { event } = flags
    const count = await asOperator(config, openLog(), (operator) => operator.redeliverEvents(event))
    output.print(`${count} ${count === 1 ? 'event waits' : 'events wait'} for delivery again`)
    return event !== undefined && count === 0 ? EXIT_FAILURE : 0
  },
}

/** `holdfast events test`: has a server send an event to its endpoints. */
const test: Command = {
  name: 'events test',
  about: 'makes a test event, which the server delivers like any other',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    await asOperator(config, openLog(), (operator) => operator.testEvents())
    output.print('the test event is recorded; a server that runs delivers it')
    return 0
  },
}

/** The commands on events. */
export const EVENT_COMMANDS: readonly Command[] = [listDead, redeliver, test]
