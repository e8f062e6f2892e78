import type { Command, CommandOption } from './command.ts'

/** The options of a command, with those that Holdfast gives to all that print or take long. */
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
