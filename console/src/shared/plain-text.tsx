import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { TEXTS } from '../texts/en.ts'
import './plain-text.css'

/** Longer texts are shown in part, with a button that shows the rest. */
const SHOWN_MAX_CHARS = 200

/**
 * Control characters and characters that change the direction of a text: with them, a name looks like another one.
 * Source: Unicode Standard Annex #9, "Explicit directional formatting characters".
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it finds control characters
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Returns a text in which every invisible character is visible as its code, such as `‹U+202E›`. */
export function visibleText(text: string): string {
  return text.replaceAll(INVISIBLE, (char) => `‹U+${hex(char)}›`)
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}

/** Returns at most the first characters of {@link visibleText}. */
export function shortText(text: string, maxChars = SHOWN_MAX_CHARS): string {
  const visible = visibleText(text)
  return visible.length > maxChars ? `${visible.slice(0, maxChars)}…` : visible
}

/** Shows text that others have chosen: an alias, tag, description, Sid or user agent. */
export function PlainText({ text }: { readonly text: string }): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const visible = visibleText(text)
  if (visible.length <= SHOWN_MAX_CHARS) return <bdi className="plain-text">{visible}</bdi>
  return (
    <>
      <bdi className="plain-text">{isWhole ? visible : shortText(text)}</bdi>{' '}
      <Button variant="inline-link" formAction="none" onClick={() => setWhole(!isWhole)}>
        {isWhole ? TEXTS.common.showLess : TEXTS.common.showMore}
      </Button>
    </>
  )
}
