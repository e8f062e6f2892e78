/** Rows of the index's tables as values. */

import type { SQLOutputValue } from 'node:sqlite'
import type { FoundEvent, IndexPosition, TouchRow, UsageRow } from './index-port.ts'
import { parseBlob, parseInteger, parseText } from './sqlite-file.ts'

type Row = Record<string, SQLOutputValue>

/** A row of positions. */
export function parsePosition(row: Row): [string, IndexPosition] {
  const [segment, offset, line, sequence] = ['segment', 'offset', 'line', 'sequence'].map((name) =>
    parseInteger(row[name]),
  )
  return [
    parseText(row['node']),
    {
      segment: segment ?? 0,
      offset: offset ?? 0,
      line: line ?? 0,
      sequence: sequence ?? 0,
      mac: parseBlob(row['mac']),
    },
  ]
}

/** A row of events and segments. */
export function parseFound(row: Row): FoundEvent {
  return {
    key: parseInteger(row['id']),
    place: {
      node: parseText(row['node']),
      segment: parseInteger(row['first']),
      offset: parseInteger(row['offset']),
      sizeBytes: parseInteger(row['size']),
    },
  }
}

/** A row of usage and series. */
export function parseUsage(row: Row): UsageRow {
  return {
    hour: parseInteger(row['hour']),
    account: parseText(row['account']),
    region: parseText(row['region']),
    key: parseText(row['key']),
    principal: parseText(row['principal']),
    source: parseText(row['source']),
    operation: parseText(row['operation']),
    variant: parseText(row['variant']),
    calls: parseInteger(row['calls']),
    failures: parseInteger(row['failures']),
  }
}

/** A row of touches and series. */
export function parseTouch(row: Row): TouchRow {
  return {
    account: parseText(row['account']),
    principal: parseText(row['principal']),
    source: parseText(row['source']),
    operation: parseText(row['operation']),
    material: parseText(row['material']),
    opened: parseInteger(row['opened']) !== 0,
    address: parseText(row['address']),
    failed: parseInteger(row['failed']) !== 0,
    calls: parseInteger(row['calls']),
    firstSecond: parseInteger(row['first']),
    lastSecond: parseInteger(row['last']),
    eventId: parseText(row['event_id']),
  }
}
