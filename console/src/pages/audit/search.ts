import { TEXTS } from '../../texts/en.ts'

/** An attribute that events are looked up by. */
export type Attribute = keyof typeof TEXTS.audit.attributes

/** All of them, in the order of the list. */
export const ATTRIBUTES = Object.keys(TEXTS.audit.attributes).filter(isAttribute)

/** What the address of the audit log says. */
export type AuditSearch = {
  readonly attribute?: Attribute
  readonly value?: string
  /** Days, such as `2026-11-25`, in the time zone of the person; both are included. */
  readonly from?: string
  readonly until?: string
  /** The id of the event that is shown. */
  readonly event?: string
}

/** What of an address is one of the audit log. */
export function parseAuditSearch(search: Record<string, unknown>): AuditSearch {
  const { attribute, value, event, from, until } = search
  return {
    ...(isAttribute(attribute) && { attribute }),
    ...(typeof value === 'string' && { value }),
    ...(isDay(from) && { from }),
    ...(isDay(until) && { until }),
    ...(typeof event === 'string' && { event }),
  }
}

/** The time that a filter lets through, in seconds since 1970. */
export function timesOf({ from, until }: Pick<AuditSearch, 'from' | 'until'>): {
  readonly StartTime?: number
  readonly EndTime?: number
} {
  return {
    ...(from !== undefined && { StartTime: Date.parse(`${from}T00:00:00`) / 1000 }),
    ...(until !== undefined && { EndTime: Math.floor(Date.parse(`${until}T23:59:59`) / 1000) }),
  }
}

function isDay(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))
}

function isAttribute(value: unknown): value is Attribute {
  return typeof value === 'string' && Object.hasOwn(TEXTS.audit.attributes, value)
}
