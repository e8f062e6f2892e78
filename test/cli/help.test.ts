/** Help, which is made from the declared facts of the commands. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT_USAGE } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { GROUPS } from '../../src/cli/groups.ts'
import { optionsOf } from '../../src/cli/options.ts'
import { parseArguments } from '../../src/cli/program.ts'
import { SETTING_FACTS } from '../../src/config/settings.ts'
import { USAGE_COLUMNS } from '../../src/usage/usage-report.ts'
import { runHere } from '../support/here.ts'

const SHOWN = COMMANDS.filter(({ hidden }) => hidden !== true)

test('every command explains itself with its synopsis, options, defaults and examples', async () => {
  for (const command of SHOWN) {
    const { status, output, errors } = await runHere('none', ...command.name.split(' '), '--help')
    assert.deepEqual([status, errors], [0, ''])
    assert.ok(output.startsWith(`Usage: holdfast ${command.name} `), output)
    const words = output.replaceAll(/\s+/g, ' ')
    assert.ok(words.includes(command.about))
    for (const [name, { byDefault }] of Object.entries(optionsOf(command))) {
      assert.ok(output.includes(`--${name}`), `${command.name} --${name}`)
      if (byDefault !== undefined) assert.ok(words.includes(`default: ${byDefault}`))
    }
    for (const { line } of command.examples) assert.ok(output.includes(`  ${line}\n`), line)
    const inherited = SETTING_FACTS.filter(({ flag }) => output.includes(`--${flag} `))
    assert.equal(inherited.length >= command.settings.length || command.settings === 'all', true)
  }
})

test('the help of serve has every setting, and that of holdfast every command or its group', async () => {
  const serve = (await runHere('none', 'serve', '--help')).output
  for (const { flag, variable } of SETTING_FACTS)
    assert.match(serve, new RegExp(`^  --${flag} +${variable} `, 'm'))
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { status, output } = await runHere('none', ...args)
    assert.equal(status, 0)
    for (const { name } of SHOWN) assert.match(output, new RegExp(`^  ${name.split(' ')[0]} `, 'm'))
    assert.doesNotMatch(output, /worker/)
  }
})

test('a group lists its own commands alone, and fails without one of them', async () => {
  for (const group of Object.keys(GROUPS)) {
    const { status, output, errors } = await runHere('none', ...group.split(' '))
    assert.deepEqual([status, output], [EXIT_USAGE, ''])
    const own = SHOWN.filter(({ name }) => name.startsWith(`${group} `))
    assert.ok(own.length > 0, group)
    for (const { name } of own) {
      const [word] = name.slice(group.length + 1).split(' ')
      assert.match(errors, new RegExp(`^  ${word}`, 'm'))
    }
    assert.doesNotMatch(errors, /^ {2}console /m)
  }
})

test('the options of commands are not settings, and the settings that they name exist', () => {
  const settings = new Set(SETTING_FACTS.map(({ flag }) => flag))
  for (const command of COMMANDS) {
    for (const name of Object.keys(optionsOf(command)))
      assert.ok(!settings.has(name), `${command.name} --${name}`)
    for (const name of command.settings === 'all' ? [] : command.settings) assert.ok(settings.has(name), name)
  }
})

test('every example is a command line that is accepted', () => {
  for (const { examples } of SHOWN) {
    for (const { line } of examples) {
      const [, called = ''] = /\bholdfast ([^)>]*)/.exec(line) ?? []
      const args = [...called.matchAll(/"[^"]*"|\S+/g)].map(([word]) => word.replaceAll('"', ''))
      const output = { print: () => {}, complain: (text: string) => assert.fail(text) }
      assert.ok(parseArguments(args, output) !== undefined, line)
    }
  }
})

test('the columns of usage are those of its report', () => {
  const { takes } = COMMANDS.find(({ name }) => name === 'usage')?.options?.['by'] ?? {}
  assert.deepEqual(takes?.choices, USAGE_COLUMNS)
})
