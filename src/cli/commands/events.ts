import type { Command } from '../command.ts'
import { matching } from '../values.ts'

/** The commands on events and their delivery. */
export const EVENT_COMMANDS: readonly Command[] = [
  {
    name: 'events list-dead',
    about: 'List events that could not be delivered: time, event, endpoint, attempts, reason',
    settings: ['data'],
    examples: [{ line: 'holdfast events list-dead', about: 'List what webhooks have missed' }],
    json: {
      shape: {
        events: [
          { at: 'string', eventId: 'string', endpoint: 'string', attempts: 'number', reason: 'string' },
        ],
      },
    },
    run: async (input) => (await import('../events.ts')).listDead(input),
  },
  {
    name: 'events redeliver',
    about: 'Deliver events again that could not be delivered',
    options: {
      event: {
        about: 'The event ID; the default is every event that could not be delivered',
        takes: matching('EVENT_ID', 'an event ID', /./),
      },
    },
    settings: ['data'],
    examples: [{ line: 'holdfast events redeliver', about: 'Deliver all of them again' }],
    json: { shape: { queued: 'number' } },
    run: async (input) => (await import('../events.ts')).redeliver(input),
  },
  {
    name: 'events test',
    about: 'Record a test event, which the server delivers like any other',
    details: ['The command fails when the server has no endpoints.'],
    settings: ['data'],
    examples: [{ line: 'holdfast events test', about: 'Check that webhooks arrive' }],
    json: { shape: { recorded: 'boolean', endpoints: 'array or null' } },
    run: async (input) => (await import('../events.ts')).testDelivery(input),
  },
]
