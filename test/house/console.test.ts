import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { dirname, normalize } from 'node:path/posix'
import { test } from 'node:test'
import { IAM_OPERATIONS } from '../../console/src/api/iam-operations.ts'
import { OPERATIONS } from '../../console/src/api/operations.ts'
import { KINDS, originProblem } from '../../console/src/pages/create-key/kinds.ts'
import { CONSOLE_TYPES } from '../../scripts/console-types.ts'
import { KEY_ORIGINS, KEY_SPEC_NAMES, KEY_USAGES } from '../../src/api/key-specs.ts'
import { checkKind } from '../../src/kms/keys/key-rules.ts'
import { filesBelow } from './sources.ts'

const FILE_MAX_LINES = 400
const GENERATED: readonly string[] = ['console/src/api/operations.ts', 'console/src/api/iam-operations.ts']

async function consoleFiles() {
  const files = [...(await filesBelow('console/src', '.ts')), ...(await filesBelow('console/src', '.tsx'))]
  assert.ok(files.length > 30, 'files were found')
  return files
}

test('the types of the client are those of the operations: npm run docs', async () => {
  for (const { file, text } of CONSOLE_TYPES) assert.equal(await readFile(file, 'utf8'), text())
})

test('the console imports its own files and packages, and nothing of the server', async () => {
  for (const { path, text } of await consoleFiles()) {
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)) {
      const target = normalize(`${dirname(path)}/${specifier}`)
      assert.ok(target.startsWith('console/src/'), `${path} imports ${specifier}`)
    }
  }
})

test('files of the console have at most 400 lines, and no text that a browser takes for markup', async () => {
  for (const { path, text } of await consoleFiles()) {
    if (GENERATED.includes(path)) continue
    assert.ok(text.split('\n').length - 1 <= FILE_MAX_LINES, path)
    assert.doesNotMatch(text, /dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML|document\.write/, path)
  }
})

test('pages take from the address what their parser takes: the router adds members that it left out', async () => {
  let uses = 0
  for (const { path, text } of await consoleFiles()) {
    for (const [, before = ''] of text.matchAll(/(\S*)\buseSearch\(/g)) {
      uses += 1
      assert.match(before, /^parse\w+Search\(route\.$/, `${path} reads an address without its parser`)
    }
  }
  assert.ok(uses > 5, 'uses were found')
})

test('the wizard offers every combination of spec, usage and origin that CreateKey accepts, and no other', () => {
  const kinds = Object.values(KINDS)
  for (const KeySpec of KEY_SPEC_NAMES) {
    for (const KeyUsage of KEY_USAGES) {
      for (const Origin of KEY_ORIGINS) {
        const kindOffers = kinds.some(({ usage, specs }) => usage === KeyUsage && specs.includes(KeySpec))
        const isOffered = kindOffers && originProblem(Origin, KeySpec) === undefined
        // The wizard says that the AWS CLI makes these.
        const isAccepted = Origin !== 'AWS_CLOUDHSM' && accepts({ KeySpec, KeyUsage, Origin })
        assert.equal(isOffered, isAccepted, `${KeySpec} ${KeyUsage} ${Origin}`)
      }
    }
  }
})

function accepts(input: Parameters<typeof checkKind>[0]): boolean {
  try {
    checkKind(input, true)
    return true
  } catch {
    return false
  }
}

test('the console slows its calls of operations that the server limits to two a second', async () => {
  const limited: string[] = []
  for (const { text } of await filesBelow('src/usage-api', '.ts')) {
    for (const { 1: name = '', index } of text.matchAll(/\bname: '([A-Z]\w+)'/g)) {
      const facts = text.slice(index, text.indexOf('find:', index))
      if (!facts.includes("rate: 'light'")) limited.push(name)
    }
  }
  const readOnly = new Set(
    Object.entries(OPERATIONS).flatMap(([name, [, isReadOnly]]) => (isReadOnly ? [name] : [])),
  )
  const expected = limited.filter((name) => readOnly.has(name))
  assert.ok(expected.length > 5, 'operations were found')
  const pace = await readFile('console/src/api/pace.ts', 'utf8')
  const paced = [...pace.matchAll(/'([A-Z]\w+)'/g)].map(([, name]) => name)
  assert.deepEqual(paced.toSorted(), expected.toSorted())
})

/** Calls without a command line of their own, and why. */
const NOT_SHOWN: ReadonlyMap<string, string> = new Map([
  [
    'console/src/pages/credentials/add-device.tsx DeleteVirtualMFADevice',
    'undoes what Cancel leaves unfinished',
  ],
])

/** What shows the calls of an action: these take the calls that are made. */
const SHOWS = /<(?:ShowCli|ShowCommands|RowAction|DeleteModal|NameModal|Panel|PolicyForm)\b/

test('every action of the console shows its calls as commands', async () => {
  const all = Object.entries({ ...OPERATIONS, ...IAM_OPERATIONS })
  const changing = new Set(all.filter(([, [, isReadOnly]]) => !isReadOnly).map(([name]) => name))
  assert.ok(changing.has('RevokeGrant') && changing.has('DetachUserPolicy') && !changing.has('ListGrants'))
  const seen = new Set<string>()
  for (const { path, text } of await consoleFiles()) {
    if (GENERATED.includes(path)) continue
    const { literals, hasValues } = callsIn(text)
    // A call that is a value is shown by the file with the component. Clients and hooks are no components.
    if (hasValues && path.endsWith('.tsx')) assert.match(text, SHOWS, `${path} does not show its calls`)
    for (const name of literals.filter((one) => changing.has(one) && !NOT_SHOWN.has(`${path} ${one}`))) {
      seen.add(name)
      assert.match(text, new RegExp(`name(?:=|: |=\\{)['"]${name}\\b`), `${path} does not show ${name}`)
    }
  }
  assert.ok(seen.size > 30, 'actions were found')
})

/** The operations that a file calls by their names, and whether it makes calls that are values. */
function callsIn(text: string): { readonly literals: readonly string[]; readonly hasValues: boolean } {
  const operations = [...text.matchAll(/\b(?:call|callIam|runCall)\(\s*([^,)]+)/g)].map(
    ([, first = '']) => first,
  )
  const literals = operations.map((first) => /^'(\w+)'$/.exec(first)?.[1])
  return { literals: literals.filter((name) => name !== undefined), hasValues: literals.includes(undefined) }
}
