/** Completion scripts, run by the shells that they are for. A machine may have bash alone. */

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runHere } from '../support/here.ts'
import { run } from '../support/run.ts'
import { temporaryFolder } from '../support/server.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))
await writeFile(join(folder, 'a-file.json'), '{}')

/** The words before the one that is completed, that word, and what it becomes. */
const CASES: readonly (readonly [before: readonly string[], word: string, expected: readonly string[]])[] = [
  [[], 'sta', ['status']],
  [[], 'audit', ['audit']],
  [['audit'], 'prove', ['prove', 'prove-consistency']],
  [['organization', 'unit'], 're', ['rename']],
  [['audit', 'verify'], '--ar', ['--archive']],
  [['usage', '--format'], '', ['csv', 'json', 'table']],
  [['usage', '--from', '2026-11-01', '--format'], 'c', ['csv']],
  [['scp', 'put', '--name', 'audit', '--f'], '--f', ['--file']],
  [['scp', 'put', '--file'], 'a-f', ['a-file.json']],
  [['report', 'verify'], 'a-f', ['a-file.json']],
  [['completion'], 'z', ['zsh']],
  [['serve', '--account'], '', []],
]

async function scriptOf(shell: string): Promise<string> {
  const { status, output } = await runHere('none', 'completion', shell)
  assert.equal(status, 0)
  const path = join(folder, `completion.${shell}`)
  await writeFile(path, output)
  return path
}

function quote(text: string): string {
  return `'${text}'`
}

const SHELLS: Readonly<Record<string, (path: string, words: readonly string[]) => readonly string[]>> = {
  bash: (path, words) => [
    '--norc',
    '-c',
    `source ${path}; COMP_WORDS=(holdfast ${words.map(quote).join(' ')}); COMP_CWORD=${words.length}; _holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // What the functions of zsh's completion would offer, of which zsh itself takes what begins with the word.
  zsh: (path, words) => [
    '-f',
    '-c',
    `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *(N); }
_describe() { local -a items; items=("\${(@P)2}"); print -l -- "\${items[@]%%:*}"; }
source ${path}; words=(holdfast ${words.map(quote).join(' ')}); CURRENT=${words.length + 1}; _holdfast`,
  ],
  fish: (path, words) => ['--no-config', '-c', `source ${path}; complete -C 'holdfast ${words.join(' ')}'`],
}

for (const [shell, argsOf] of Object.entries(SHELLS)) {
  test(`${shell} completes commands, options, values and files`, async (t) => {
    const found = await run(shell, ['--version']).catch(() => undefined)
    if (found === undefined && shell !== 'bash') {
      t.skip(`${shell} is not installed`)
      return
    }
    const path = await scriptOf(shell)
    for (const [before, word, expected] of CASES) {
      const words = [...before.filter((one) => one !== word), word]
      const { status, out, err } = await run(shell, argsOf(path, words), { folder })
      assert.equal(err, '', words.join(' '))
      assert.notEqual(status, null)
      const offered = out.split('\n').map((line) => line.split('\t')[0] ?? '')
      const matching = offered.filter(
        (one) => one !== '' && one.startsWith(word) && !one.startsWith('completion'),
      )
      assert.deepEqual([...new Set(matching)].sort(), expected, words.join(' '))
    }
  })
}
