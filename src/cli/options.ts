import type { Command, CommandOption } from './command.ts'

/** The options of a command, with the common ones for commands that print JSON or take long. */
export function optionsOf(command: Command): Readonly<Record<string, CommandOption>> {
  return {
    ...command.options,
    ...(command.json === undefined
      ? {}
      : {
          json: { about: command.json.lines === true ? 'Print JSON, a document on each line' : 'Print JSON' },
        }),
    ...(command.slow === true
      ? { progress: { about: 'Report progress on standard error, also without a terminal' } }
      : {}),
  }
}
