/** For tests: the code blocks of documentation pages. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './run.ts'

/** A fenced code block of a page. */
type CodeBlock = {
  /** The heading above it. */
  readonly heading: string
  /** The language after the fence, such as `sh` or `js`. */
  readonly language: string
  /** The content, with its last newline. */
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

/** A heading or a fenced block. In a list, the block is indented. */
const BLOCK = /^#+ (.+)$|^( *)```(\w*)\n([\s\S]*?)^\2```$/gm

/** The commands of a page that run without changes, in order: its `sh` blocks. */
export async function commandsOf(page: string): Promise<readonly string[]> {
  const blocks = (await codeBlocks(page)).filter(({ language }) => language === 'sh')
  if (blocks.length === 0) throw new Error(`${page} has no commands`)
  return blocks.map(({ text }) => text)
}

/**
 * The only block in a language under a heading.
 * @throws Error if there is none, or more than one.
 */
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
