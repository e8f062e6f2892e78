import type { Command } from '../command.ts'
import { UNLOCK_SETTINGS } from '../unlock-settings.ts'

/** The commands that rotate keys which no caller sees. */
export const ROTATE_COMMANDS: readonly Command[] = [
  {
    name: 'rotate root',
    about: 'Rotate the root key, while servers run',
    details: [
      'Every unlock path must open, since it gets the new root key: the command asks for passphrases.',
      'Killed at any moment, every path opens; the next run continues where it was.',
      'An event records how many records and key-encryption keys the new root key opens: all.',
    ],
    options: {
      'end-sessions': {
        about:
          'End the sessions from before, which a thief of the old root key could forge; they expire within 37 hours otherwise',
      },
      stdin: {
        about:
          'Read the passphrase from standard input, up to its end or a line feed, and not from the terminal',
      },
    },
    settings: ['data', 'account', ...UNLOCK_SETTINGS],
    examples: [
      { line: 'holdfast rotate root', about: 'Rotate the root key of ./data' },
      { line: 'holdfast rotate root --end-sessions', about: 'Rotate it after somebody else had it' },
    ],
    json: {
      shape: {
        generation: 'number',
        resumed: 'boolean',
        records: 'number',
        keks: 'number',
        processes: 'number',
        paths: ['string'],
      },
    },
    slow: true,
    run: async (input) => (await import('../rotate.ts')).rotateRootKey(input),
  },
]
