/** Markup from templates, which escape every inserted value. */

import { markUnprintable } from '../base/printable.ts'

/** Trusted markup. Only {@link html} creates it. */
export type Html = { readonly html: string }

/** Joins a template's markup with values, which it escapes. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  let text = parts[0] ?? ''
  for (const [at, value] of values.entries()) text += `${inserted(value)}${parts[at + 1] ?? ''}`
  return { html: text }
}

function inserted(value: string | number | Html | readonly Html[]): string {
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return 'html' in value ? value.html : value.map((one) => one.html).join('')
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** Escapes markup, invisible characters, and characters that change the direction of text. */
export function escapeHtml(text: string): string {
  return markUnprintable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '')
}
