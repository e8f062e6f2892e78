/** Every command with every wrong kind of operand and option: status 2, and one line that says what is expected. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Command, EXIT_USAGE } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { optionsOf } from '../../src/cli/options.ts'
import type { Value } from '../../src/cli/values.ts'
import { runHere } from '../support/here.ts'
import { temporaryFolder } from '../support/server.ts'

const folder = await temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))
/** No command gets so far as to look at it. */
const data = join(folder, 'none')

/** Arguments, and what the message is about. */
type Wrong = { readonly what: string; readonly args: readonly string[]; readonly about: string }

const RIGHT_TEXTS = [
  '111122223333',
  '3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90',
  'ou-a1b2-c3d4e5f6',
  'arn:aws:iam::111122223333:root',
  'kms:Decrypt',
  'a=b',
  'node-0',
  '2026-11-01',
  '1',
  'table',
  'key',
  'bash',
  'credential',
  'embedded',
]

function rightText({ accepts, name }: Value): string {
  const text = RIGHT_TEXTS.find((one) => accepts(one))
  assert.ok(text !== undefined, `${name}: this test knows a value`)
  return text
}

/** Values that are malformed for a kind; the empty one is for all. */
function wrongTexts({ accepts }: Value): readonly string[] {
  return ['', '--json', 'x\u0000y', '-1', '2026-13-01', '99999999999'].filter(
    (text) => text === '' || text.startsWith('--') || !accepts(text),
  )
}

/** What starts a program comes last. */
function lastArgs(command: Command): readonly string[] {
  return command.program === undefined ? [] : ['--', 'true']
}

function rightArgs(command: Command): readonly string[] {
  const operands = (command.operands ?? []).map(({ takes }) => rightText(takes))
  const options = Object.entries(command.options ?? {}).flatMap(([name, { takes, required }]) =>
    required === true && takes !== undefined ? [`--${name}`, rightText(takes)] : [],
  )
  return [...command.name.split(' '), ...operands, ...options]
}

function wrongCalls(command: Command): readonly Wrong[] {
  const right = rightArgs(command)
  const words = command.name.split(' ')
  return [
    { what: 'an extra argument', args: [...right, 'extra'], about: extraText(command) },
    ...(command.program === undefined
      ? []
      : [{ what: 'no program', args: right, about: 'PROGRAM: expected' }]),
    { what: 'an unknown option', args: [...right, '--frobnicate'], about: "unknown option '--frobnicate'" },
    { what: 'an unknown option with a value', args: [...right, '--frobnicate=1'], about: 'unknown option' },
    { what: 'a short option', args: [...right, '-x'], about: "unknown option '-x'" },
    {
      what: 'a setting without its value',
      args: [...right, '--data'],
      about: '--data: expected a path; got nothing',
    },
    {
      what: 'a malformed setting',
      args: [...right, '--account=1'],
      about: "--account: expected 12 digits; got '1'",
    },
    ...(command.operands ?? []).flatMap(({ takes }, index) => [
      {
        what: 'no operand',
        args: right.slice(0, words.length + index),
        about: `${takes.name}: expected ${takes.expected}; got nothing`,
      },
      ...wrongTexts(takes)
        .filter((text) => !text.startsWith('-'))
        .map((text) => ({
          what: `the operand ${JSON.stringify(text)}`,
          args: right.with(words.length + index, text),
          about: `${takes.name}: expected ${takes.expected}; got '`,
        })),
    ]),
    ...Object.entries(optionsOf(command)).flatMap(([name, option]) => wrongOptions(right, name, option)),
    ...(command.options?.['format']?.takes?.choices ?? [])
      .filter((format) => format !== 'json')
      .map((format) => ({
        what: `--json with --format ${format}`,
        args: [...right, '--json', '--format', format],
        about: `--json and --format: expected one of them; got --json and --format ${format}`,
      })),
  ]
}

/** The words of a value that may hold a secret are not repeated. */
function extraText(command: Command): string {
  const sensitive = command.operands?.some(({ takes }) => takes.sensitive === true)
  return sensitive === true ? 'unexpected argument after' : "unexpected argument 'extra'"
}

function wrongOptions(
  right: readonly string[],
  name: string,
  { takes, required }: { readonly takes?: Value; readonly required?: true },
): readonly Wrong[] {
  const option = `--${name}`
  const at = right.indexOf(option)
  const others = at < 0 ? right : right.toSpliced(at, 2)
  if (takes === undefined)
    return [
      {
        what: `${option} with a value`,
        args: [...right, `${option}=yes`],
        about: `${option}: expected no value; got 'yes'`,
      },
    ]
  return [
    {
      what: `${option} without its value`,
      args: [...others, option],
      about: `${option}: expected ${takes.expected}; got nothing`,
    },
    ...(required === true ? [{ what: `no ${option}`, args: others, about: `${option}: expected ` }] : []),
    ...wrongTexts(takes).map((text) => ({
      what: `${option} of ${JSON.stringify(text)}`,
      args: [...others, `${option}=${text}`],
      about: `${option}: expected ${takes.expected}; got '`,
    })),
  ]
}

for (const command of COMMANDS) {
  test(`holdfast ${command.name} refuses wrong operands and options with one line`, async () => {
    const calls = wrongCalls(command)
    assert.ok(calls.length > 5)
    for (const { what, args, about } of calls) {
      const last = what === 'no program' ? [] : lastArgs(command)
      const { status, output, errors } = await runHere(data, ...args, ...last)
      assert.equal(status, EXIT_USAGE, `${what}: ${errors}`)
      assert.equal(output, '', what)
      assert.match(errors, /^holdfast: [^\n]+\n$/, what)
      assert.ok(errors.includes(about), `${what}: ${errors}`)
    }
  })

  test(`holdfast ${command.name} refuses a folder that is not a data folder, or needs none`, async () => {
    if (
      command.settings === 'all' ||
      command.name.startsWith('xks-proxy') ||
      !command.settings.includes('data')
    )
      return
    const { status, output, errors } = await runHere(data, ...rightArgs(command))
    assert.notEqual(status, 0)
    assert.equal(output, '')
    assert.match(errors, /^(?:warning: [^\n]+\n)?holdfast: [^\n]+\n$/)
  })
}

test('unknown commands are refused with what was meant', async () => {
  for (const [args, message] of [
    [['frobnicate'], "unknown command 'frobnicate'. See holdfast --help"],
    [['frobnicate', '--help'], "unknown command 'frobnicate'. See holdfast --help"],
    [['help', 'frobnicate'], "unknown command 'frobnicate'. See holdfast --help"],
    [['statsu'], "unknown command 'statsu'. Did you mean status? See holdfast --help"],
    [['audit', 'verfy'], "unknown command 'verfy'. Did you mean verify? See holdfast audit --help"],
    [['audit', 'verfy', '-h'], "unknown command 'verfy'. Did you mean verify? See holdfast audit --help"],
    [
      ['audit', 'verify', '--archve=x'],
      "unknown option '--archve'. Did you mean --archive? See holdfast audit verify --help",
    ],
    [
      ['serve', '--lissten', 'x'],
      "unknown option '--lissten'. Did you mean --listen? See holdfast serve --help",
    ],
  ] as const) {
    const { status, output, errors } = await runHere(data, ...args)
    assert.deepEqual([status, output, errors], [EXIT_USAGE, '', `holdfast: ${message}\n`])
  }
})

test('account create refuses --account, which selects an account, and names --id', async () => {
  const { status, output, errors } = await runHere(data, 'account', 'create', '--account', '111122223333')
  assert.deepEqual(
    [status, output, errors],
    [EXIT_USAGE, '', 'holdfast: --account: expected --id with the ID of the new account; got --account\n'],
  )
})
