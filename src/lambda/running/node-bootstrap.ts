/**
 * Runs functions in JavaScript: asks the Runtime API for events, calls the handler, and returns what it answers. It runs
 * in the process of the function, and imports nothing of Holdfast.
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// An import of it also loads a WebSocket client, which takes time at each start.
const { Agent, request: httpRequest } = process.getBuiltinModule('node:http')

type Reply = { readonly headers: Readonly<Record<string, unknown>>; readonly body: Buffer }
type Handler = (
  event: unknown,
  context: object,
  callback: (error: unknown, value?: unknown) => void,
) => unknown

// biome-ignore lint/style/noProcessEnv: this is the process of a function, whose environment it is.
const VARIABLES = process.env
const [HOST = '', PORT = ''] = (VARIABLES['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':')
const PREFIX = '/2018-06-01/runtime'
const AGENT = new Agent({ keepAlive: true, maxSockets: 1 })
const EXTENSIONS = ['.js', '.mjs', '.cjs']

function ask(method: string, path: string, body = ''): Promise<Reply> {
  return new Promise((done, failed) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const options = { host: HOST, port: Number(PORT), method, path: PREFIX + path, headers, agent: AGENT }
    const request = httpRequest(options, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => done({ headers: response.headers, body: Buffer.concat(pieces) }))
      response.on('error', failed)
    })
    request.on('error', failed)
    request.end(body)
  })
}

function errorOf(error: unknown): string {
  if (!(error instanceof Error))
    return JSON.stringify({ errorType: typeof error, errorMessage: String(error) })
  const { name, message, stack = '' } = error
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split('\n') })
}

async function loadHandler(): Promise<Handler> {
  const named = VARIABLES['_HANDLER'] ?? ''
  const slash = named.lastIndexOf('/')
  const dot = named.indexOf('.', slash + 1)
  if (dot < 0) throw new Error(`the handler must be FILE.EXPORT: ${named}`)
  const root = VARIABLES['LAMBDA_TASK_ROOT'] ?? '.'
  const path = resolve(root, named.slice(0, dot))
  if (!path.startsWith(join(root, '/'))) throw new Error(`the handler is outside the code: ${named}`)
  const extension = EXTENSIONS.find((candidate) => existsSync(path + candidate))
  if (extension === undefined) throw new Error(`Cannot find module '${named.slice(0, dot)}'`)
  const loaded: unknown = await import(pathToFileURL(path + extension).href)
  const names = named.slice(dot + 1).split('.')
  const found = memberOf(loaded, names) ?? memberOf(memberOf(loaded, ['default']), names)
  if (typeof found !== 'function') throw new Error(`${named} is undefined or not exported`)
  return found as Handler
}

function memberOf(value: unknown, names: readonly string[]): unknown {
  let found = value
  for (const name of names) {
    if (found === null || found === undefined) return undefined
    found = Reflect.get(Object(found), name)
  }
  return found
}

function contextOf(headers: Reply['headers']): object {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const client = headers['lambda-runtime-client-context']
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: VARIABLES['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: VARIABLES['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: VARIABLES['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: VARIABLES['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: VARIABLES['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    clientContext: typeof client === 'string' ? JSON.parse(client) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
}

/** What a handler answers: by its promise, or by its callback. */
function call(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((done, failed) => {
    const callback = (error: unknown, value?: unknown): void => {
      if (error === null || error === undefined) done(value)
      else failed(error)
    }
    const answer = handler(event, context, callback)
    const isLater = typeof Object(answer).then === 'function'
    if (isLater || handler.length < 3) Promise.resolve(answer).then(done, failed)
  })
}

async function serve(handler: Handler): Promise<never> {
  for (;;) {
    const { headers, body } = await ask('GET', '/invocation/next')
    const id = String(headers['lambda-runtime-aws-request-id'])
    VARIABLES['_X_AMZN_TRACE_ID'] = String(headers['lambda-runtime-trace-id'])
    try {
      const event: unknown = JSON.parse(body.toString('utf8'))
      const value = await call(handler, event, contextOf(headers))
      await ask('POST', `/invocation/${id}/response`, JSON.stringify(value) ?? 'null')
    } catch (error) {
      process.stderr.write(`${errorOf(error)}\n`)
      await ask('POST', `/invocation/${id}/error`, errorOf(error))
    }
  }
}

async function main(): Promise<void> {
  let handler: Handler
  try {
    handler = await loadHandler()
  } catch (error) {
    process.stderr.write(`${errorOf(error)}\n`)
    await ask('POST', '/init/error', errorOf(error))
    process.exit(1)
  }
  await serve(handler)
}

await main()
