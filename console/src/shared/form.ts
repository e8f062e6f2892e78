import { useState } from 'react'

/** A value of a form, and what changes one of its members. */
export function useForm<T extends object>(initial: T): readonly [T, (change: Partial<T>) => void] {
  const [value, setValue] = useState(initial)
  return [value, (change) => setValue((now) => ({ ...now, ...change }))]
}

/** A moment of the wire, in the reader's own time. */
export function showTime(seconds: number | undefined): string {
  if (seconds === undefined) return '–'
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}
