/** For tests: the code blocks of the pages. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './run.ts'

/** A fenced block of a page. */
type CodeBlock = {
  /** The nearest heading above it. */
  readonly heading: string
  /** What stands behind the fence: `sh`, `js` and so on. */
  readonly language: string
  /** With the last line feed. */
  readonly text: string
}

/** The code blocks of a page, in order. */
async function codeBlocks(page: string): Promise<readonly CodeBlock[]> {
  const text = await readFile(join(ROOT, page), 'utf8')
  const blocks: CodeBlock[] = []
  let heading = ''
  for (const [, title, indent = '', language, code] of text.matchAll(BLOCK)) {
    if (title !== undefined) heading = title
    else if (language !== undefined && code !== undefined)
      blocks.push({ heading, language, text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') })
  }
  return blocks
}

/** A heading, or a fenced block, which is indented in a list. */
const BLOCK = /^#+ (.+)$|^( *)```(\w*)\n([\s\S]*?)^\2```$/gm

/** The commands of a page that can be run as they are, in order: its blocks of `sh`. */
export async function commandsOf(page: string): Promise<readonly string[]> {
  const blocks = (await codeBlocks(page)).filter(({ language }) => language === 'sh')
  if (blocks.length === 0) throw new Error(`${page} has no commands`)
  return blocks.map(({ text }) => text)
}

/** The one block under a heading in a language. @throws Error when there is none, or more than one. */
export async function codeBlock(page: string, heading: string, language: string): Promise<string> {
  const found = (await codeBlocks(page)).filter(
    (block) => block.heading === heading && block.language === language,
  )
  const [block] = found
  if (block === undefined || found.length > 1) {
    throw new Error(`${page} has ${found.length} blocks of ${language} under ${heading}`)
  }
  return block.text
}
