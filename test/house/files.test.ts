import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesBelow, type SourceFile, serverFiles } from './sources.ts'

const FILE_MAX_LINES = 400

test('a file of src has at most 400 lines', async () => {
  const files = await filesBelow('src', '.ts')
  assert.ok(files.length > 100, 'files were found')
  const long = files.filter(({ text }) => text.split('\n').length - 1 > FILE_MAX_LINES)
  assert.deepEqual(
    long.map(({ path }) => path),
    [],
  )
})

test('src has no default exports, enums, interfaces and barrels', async () => {
  const files = await filesBelow('src', '.ts')
  assert.deepEqual(
    linesOf(files, /^export default\b|^(?:export )?(?:const )?enum\b|^(?:export )?interface\b|^export \*/),
    [],
  )
})

const EXPORT = /^export (?:async )?(?:function\*?|const|class|type) [A-Za-z]/

test('every export has a docstring directly above', async () => {
  const files = await filesBelow('src', '.ts')
  const bare: string[] = []
  let exports = 0
  for (const { path, text } of files) {
    const lines = text.split('\n')
    for (const [index, line] of lines.entries()) {
      if (!EXPORT.test(line)) continue
      exports += 1
      if (!lines[index - 1]?.trimEnd().endsWith('*/')) bare.push(`${path}:${index + 1}`)
    }
  }
  assert.ok(exports > 300, 'exports were found')
  assert.deepEqual(bare, [])
})

const OPERATION_FILE = /^src\/(?:(?:kms|iam|cloudtrail)\/operations|iam\/sts|usage-api)\//
const CAST = /(?<!^import .*|^ {2}\w+|^ {2}type \w+|[*/] .*) as (?!const\b)[A-Za-z{(]/

/** Functions that parse the result of a computation over unknown members. */
const CASTS: readonly string[] = [
  'src/usage-api/capitals.ts: return value as OutputValue',
  'src/usage-api/key-operations.ts: return value as Answer<typeof IMPACT>',
]

test('files of operations have no casts, which would defeat the types of answers', async () => {
  const files = (await serverFiles()).filter(({ path }) => OPERATION_FILE.test(path))
  assert.ok(files.length > 100, 'files were found')
  const found = linesOf(files, CAST).map((line) => line.replace(/:\d+: +/, ': '))
  assert.deepEqual(found, CASTS)
})

/** What has an effect or a secret in it, and where it may be used. */
type Rule = {
  readonly what: RegExp
  readonly where: readonly RegExp[]
  /** Files that may use it although they are elsewhere, each with its reason. */
  readonly except: Readonly<Record<string, string>>
}

const RULES: Readonly<Record<string, Rule>> = {
  'node:crypto is for crypto and base': {
    what: /'node:crypto'/,
    where: [/^src\/(?:crypto|base)\//],
    except: {},
  },
  'node:sqlite is for store': {
    what: /'node:sqlite'/,
    where: [/^src\/store\//],
    except: {},
  },
  'the environment is for config': {
    what: /\bprocess\.env\b/,
    where: [/^src\/config\//],
    except: {
      'src/crypto/openssl-threads.ts':
        'reads how many threads Node itself starts, which is no setting of ours',
      'src/lambda/running/node-bootstrap.ts': 'runs in the process of a function, whose environment it is',
    },
  },
  'the arguments are for main and cli': {
    what: /\bprocess\.argv\b/,
    where: [/^src\/(?:main\.ts$|cli\/)/],
    except: {},
  },
  'sockets are for http, client and xks': {
    what: /from '(?:node:(?:https?|tls|dgram|http2)|.*\/http-module\.ts)'|\bfetch\(|getBuiltinModule/,
    where: [/^src\/(?:http|client|xks)\//],
    except: {
      'src/app/tls.ts': 'checks a certificate and its key before a start, and opens no socket',
      'src/base/http-module.ts': 'is node:http, for them',
      'src/lambda/running/node-bootstrap.ts':
        'runs in the process of a function, as a client of the Runtime API',
    },
  },
  'clocks, timers and randomness are for base/ports.ts': {
    what: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\b(?:setTimeout|setInterval|setImmediate)\b/,
    where: [/^src\/base\/ports\.ts$/],
    except: {
      'src/audit/log/writer.ts':
        'ends a turn of the event loop so that a batch takes all that arrive in it; it is not a time, and tests run it as it is',
      'src/cli/workers.ts': 'watches processes, which no test replaces',
      'src/lambda/running/node-bootstrap.ts': 'runs in the process of a function, which no test replaces',
      'src/http/server.ts': 'ends connections that do not drain, beside the timeouts that Node itself keeps',
    },
  },
  'JSON from outside is for base/json-text.ts, since an error of JSON.parse quotes the text': {
    what: /\bJSON\.parse\(/,
    where: [/^src\/base\/json-text\.ts$/],
    except: {
      'src/audit-index/event-record.ts': 'parses a line of the audit log, which holds no secret',
      'src/audit-index/insight-record.ts': 'parses a line of the audit log, which holds no secret',
      'src/audit/log/outbox.ts': 'parses a line of the audit log, which holds no secret',
      'src/audit/proofs/tree.ts': 'parses a line of the audit log, which holds no secret',
      'src/dispatch/forward.ts': 'parses an identity that this process has written',
      'src/dispatch/recording.ts': 'parses an identity that this process has written',
      'src/lambda/running/node-bootstrap.ts': 'runs in the process of a function, and gives it its own event',
      'src/explain/recorded-event.ts': 'parses a line of the audit log, which holds no secret',
      'src/policy/principal-names.ts': 'parses a stored policy, which is JSON and no secret',
      'src/policy/strict-json.ts': 'drops the error',
      'src/store/cache-entry.ts': 'copies a value of this process',
      'src/store/sealed.ts': 'drops the error',
    },
  },
  'console is for nobody': {
    what: /\bconsole\.(?!ts')/,
    where: [],
    except: {},
  },
}

for (const [name, { what, where, except }] of Object.entries(RULES)) {
  test(name, async () => {
    const files = await serverFiles()
    const using = files.filter(({ text }) => what.test(withoutComments(text)))
    if (where.length > 0) assert.ok(using.length > 0, 'uses were found')
    const elsewhere = using.filter(({ path }) => !where.some((place) => place.test(path)))
    // An exception that is no longer needed is not one.
    assert.deepEqual(elsewhere.map(({ path }) => path).sort(), Object.keys(except).sort())
  })
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(?:\*|\/\*\*?|\/\/).*$/gm, '')
}

function linesOf(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line}`] : [])),
  )
}

test('a test that starts Node with an environment of its own passes NODE_ENVIRONMENT on', async () => {
  const folders = ['test/cli', 'test/service', 'test/support']
  const files = (await Promise.all(folders.map((folder) => filesBelow(folder, '.ts')))).flat()
  const starting = files.filter(({ text }) => text.includes('spawn(process.execPath'))
  assert.ok(starting.length > 5, 'files were found')
  const own = starting.filter(({ text }) => text.includes("PATH: process.env['PATH']"))
  // Without its variable, the process strips and compiles all sources again.
  assert.deepEqual(
    own.map(({ path }) => path),
    [],
  )
})
