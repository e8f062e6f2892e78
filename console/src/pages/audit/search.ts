import { TEXTS } from '../../texts/en.ts'

/** An attribute that events are looked up by. */
export type Attribute = keyof typeof TEXTS.audit.attributes

/** All of them, in the order of the list. */
export const ATTRIBUTES = Object.keys(TEXTS.audit.attributes).filter(isAttribute)

/** What the address of the audit log says. */
export type AuditSearch = {
  readonly attribute?: Attribute
  readonly value?: string
  /** The id of the event that is shown. */
  readonly event?: string
}

/** What of an address is one of the audit log. */
export function parseAuditSearch(search: Record<string, unknown>): AuditSearch {
  const { attribute, value, event } = search
  return {
    ...(isAttribute(attribute) && { attribute }),
    ...(typeof value === 'string' && { value }),
    ...(typeof event === 'string' && { event }),
  }
}

function isAttribute(value: unknown): value is Attribute {
  return typeof value === 'string' && Object.hasOwn(TEXTS.audit.attributes, value)
}
