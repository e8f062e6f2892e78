/** Markup that is made of templates: whatever is put into it from outside is text. */

import { markUnprintable } from '../base/printable.ts'

/** Text that a page shows as it is. Only {@link html} makes it. */
export type Html = { readonly html: string }

/** Joins markup of the code with values from outside, which are escaped. */
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

/** A text without meaning to a browser, and without characters that are not seen or that turn the direction of writing. */
export function escapeHtml(text: string): string {
  return markUnprintable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '')
}
