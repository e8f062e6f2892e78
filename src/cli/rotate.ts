import { rotateRoot } from '../app/rotate-root.ts'
import { formatCount } from '../base/count.ts'
import type { CommandInput } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'
import { askOf } from './seal.ts'

/** `holdfast rotate root`: rotates the root key. */
export async function rotateRootKey(input: CommandInput): Promise<number> {
  const { config, switches, progress } = input
  requireDataFolder(config)
  progress.report('rotating the root key')
  const done = await rotateRoot(config, openLog(), askOf(input), {
    endSessions: switches.has('end-sessions'),
    progress: (records) => progress.report(`rotating the root key, ${records} records`),
  })
  if (done === undefined) throw new Error('another process rotates the root key: wait for its end')
  printResult(input, done, () => [
    `the root key was rotated: it is number ${done.generation}${done.resumed ? ', of a rotation that was interrupted' : ''}`,
    `  it alone opens ${formatCount(done.records, 'record')} and wraps ${formatCount(done.keks, 'key-encryption key')}`,
    `  the root key before it opens none of them, and was destroyed in seal.json and in ${formatCount(done.processes, 'process', 'processes')}`,
  ])
  printNext(input, 'back up seal.json again: an earlier copy opens only earlier copies of the records')
  return 0
}
