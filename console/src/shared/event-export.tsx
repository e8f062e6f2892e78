import type { ReactNode } from 'react'
import type { EventRow } from '../api/events.ts'
import { TEXTS } from '../texts/en.ts'
import { Export } from './export.tsx'

const { audit: texts } = TEXTS

type Props = {
  /** The name of the file, without an extension. */
  readonly name: string
  readonly items: () => readonly EventRow[] | Promise<readonly EventRow[]>
}

/** A menu that saves calls as a table, or their whole records as JSON Lines. */
export function EventExport({ name, items }: Props): ReactNode {
  return (
    <Export
      name={name}
      items={items}
      lineOf={({ record }) => record}
      columns={[
        { name: texts.time, value: ({ time }) => new Date(time * 1000).toISOString() },
        { name: texts.event, value: ({ name: operation }) => operation },
        { name: texts.who, value: ({ who }) => who },
        { name: texts.outcome, value: ({ errorCode }) => errorCode ?? texts.success },
        { name: texts.resources, value: ({ resources }) => resources.join(' ') },
        { name: texts.attributes.EventId, value: ({ id }) => id },
      ]}
    />
  )
}
