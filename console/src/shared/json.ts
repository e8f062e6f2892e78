/** Whether a text is JSON. */
export function parsesAsJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON with one member on each line; the text itself when it is none. */
export function indentJson(text: string): string {
  return parsesAsJson(text) ? JSON.stringify(JSON.parse(text), null, 2) : text
}
