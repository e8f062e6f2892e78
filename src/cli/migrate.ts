import { migrateStore } from '../app/migrate.ts'
import { present } from '../base/assert.ts'
import { parseStoreText, type StoreConfig } from '../config/store-settings.ts'
import type { CommandInput } from './command.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast migrate`: moves the records between the data folder and a database. */
export async function migrate(input: CommandInput): Promise<number> {
  const { config, flags, progress } = input
  const from = storeOf(input, 'from')
  const to = storeOf(input, 'to')
  const moved = await migrateStore(config, { from, to }, (records) => progress.report(`${records} records`))
  const result = { from: flags['from'], to: flags['to'], ...moved }
  printResult(input, result, () => [
    `moved and verified ${moved.records} records: ${moved.written} written, ${moved.removed} removed`,
  ])
  printNext(
    input,
    to.engine === 'embedded'
      ? 'unset HOLDFAST_STORE, and start the server'
      : `set HOLDFAST_STORE to ${flags['to']}`,
  )
  return 0
}

function storeOf({ config, flags }: CommandInput, name: 'from' | 'to'): StoreConfig {
  const store = present(parseStoreText(flags[name] ?? ''), `--${name}`)
  return { ...store, passwordFile: config.store.passwordFile }
}
