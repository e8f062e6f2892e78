import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import { type ReactNode, useState } from 'react'
import { TEXTS } from '../texts/en.ts'
import { type Cell, formatCsv, saveFile } from './csv.ts'
import { notify } from './notices.tsx'

/** A column of an export: its name, and its value of an item. @public */
export type ExportColumn<T> = { readonly name: string; readonly value: (item: T) => Cell }

type Props<T> = {
  /** The name of the file, without an extension. */
  readonly name: string
  readonly columns: readonly ExportColumn<T>[]
  /** Returns every item of the list, not only those of the page. */
  readonly items: () => readonly T[] | Promise<readonly T[]>
  /** The whole of an item as JSON on one line; without it, there are no JSON Lines. */
  readonly lineOf?: (item: T) => string
}

const { common: texts } = TEXTS

/** A menu that saves a list as CSV or JSON, or its items as JSON Lines. */
export function Export<T>({ name, columns, items, lineOf }: Props<T>): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const save = async (kind: string): Promise<void> => {
    const all = await items()
    const header = columns.map((column) => column.name)
    const rows = all.map((item) => columns.map((column) => column.value(item)))
    if (kind === 'lines' && lineOf !== undefined) {
      const lines = all.map((item) => `${lineOf(item)}\n`)
      saveFile(`${name}.jsonl`, lines.join(''), 'application/jsonl')
    } else if (kind === 'csv') saveFile(`${name}.csv`, formatCsv(header, rows), 'text/csv')
    else {
      const objects = rows.map((row) =>
        Object.fromEntries(header.map((title, index) => [title, row[index] ?? null])),
      )
      saveFile(`${name}.json`, `${JSON.stringify(objects, null, 2)}\n`, 'application/json')
    }
  }
  return (
    <ButtonDropdown
      loading={isBusy}
      items={[
        { id: 'csv', text: 'CSV' },
        { id: 'json', text: 'JSON' },
        ...(lineOf === undefined ? [] : [{ id: 'lines', text: texts.jsonLines }]),
      ]}
      onItemClick={({ detail }) => {
        setBusy(true)
        save(detail.id)
          .catch((error: unknown) => {
            const content = error instanceof Error ? error.message : String(error)
            notify({ type: 'error', header: texts.exportFailed, content })
          })
          .finally(() => setBusy(false))
      }}
    >
      {texts.export}
    </ButtonDropdown>
  )
}
