import type { Kind, Records, Stored } from '../../store/records.ts'
import { read } from '../iam-records.ts'

/** A record that a value was made from: the value is current as long as the record is. */
export type Seen = {
  readonly kind: Kind<object>
  readonly partition: string
  readonly name: string
  readonly value: object | undefined
}

/** Reads a record, from the cache if it has it. */
export type Reader = <V extends object>(
  kind: Kind<V>,
  partition: string,
  name: string,
) => Promise<Stored<V> | undefined>

/** A reader that adds what it reads to a list. */
export function noting(records: Records, seen: Seen[]): Reader {
  return async (kind, partition, name) => {
    const record = await read(records, kind, partition, name)
    seen.push({ kind, partition, name, value: record?.value })
    return record
  }
}

/** Whether a record is unchanged. A record that the cache does not have counts as changed. */
export function isCurrent(records: Records, { kind, partition, name, value }: Seen): boolean {
  return value !== undefined && records.peek(kind, partition, name)?.value === value
}
