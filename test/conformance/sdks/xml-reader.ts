/** Reads the XML that answers are made of: elements and texts, without attributes but on the root. */

/** An element. */
export type Xml = { readonly name: string; readonly text: string; readonly children: readonly Xml[] }

const TOKEN = /<(\/?)([A-Za-z][A-Za-z0-9]*)[^>]*>|([^<]+)/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#xD': '\r' }

type Open = { readonly name: string; text: string; readonly children: Xml[] }

/** The root element. @throws Error for text that is not well formed. */
export function parseXml(text: string): Xml {
  const root: Open = { name: '', text: '', children: [] }
  const open = [root]
  for (const [, closing, name = '', content] of text.matchAll(TOKEN)) {
    const last = open.at(-1) ?? root
    if (content !== undefined)
      last.text += content.replaceAll(/&([^;]+);/g, (_, entity) => ENTITIES[entity] ?? '')
    else if (closing === '') open.push({ name, text: '', children: [] })
    else {
      if (last.name !== name || open.length < 2) throw new Error(`<${last.name}> is closed by </${name}>`)
      open.pop()
      open.at(-1)?.children.push(last)
    }
  }
  const [first] = root.children
  if (open.length !== 1 || first === undefined) throw new Error('the XML has no single root')
  return first
}
