/** A driver: a program in the language of an SDK that makes the calls it reads, a line of JSON each. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Members, ShapeData } from '../../../src/api/shapes.ts'
import type { TestCredentials } from '../../support/iam.ts'
import type { SampleInput } from '../../support/iam-samples.ts'
import type { SampleCaller } from '../../support/sample-bed.ts'

/** How a driver is started. */
export type DriverCommand = {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
}

/** What a driver needs before the first call. */
export type DriverSetup = {
  readonly endpoint: string
  readonly region: string
  readonly callers: Readonly<Record<SampleCaller, TestCredentials>>
}

/** One call to be made. Bytes are `{ $blob: base64 }`, dates `{ $time: seconds }`. */
type DriverCall = {
  readonly service: string
  readonly operation: string
  readonly as: SampleCaller
  readonly input: SampleInput
}

/** What the SDK has made of the answer, in the same spelling; or that it has no such operation or member. */
export type DriverAnswer =
  | { readonly ok: true; readonly requestId: string; readonly output: Typed }
  | {
      readonly ok: false
      readonly requestId: string
      /** The name of the type of the error. */
      readonly type: string
      readonly code: string
      readonly message: string
      readonly status: number
    }
  | { readonly unsupported: string }
  | { readonly failed: string }

/** A typed value in neutral JSON. */
export type Typed = string | number | boolean | null | readonly Typed[] | { readonly [name: string]: Typed }

export type Driver = AsyncDisposable & {
  readonly ask: (call: DriverCall) => Promise<DriverAnswer>
}

const ANSWER_TIMEOUT_MS = 60_000

/** Starts a driver. */
export async function startDriver(
  { program, args, folder }: DriverCommand,
  setup: DriverSetup,
): Promise<Driver> {
  const { PATH, HOME } = process.env
  const child: ChildProcess = spawn(program, args, {
    cwd: folder,
    env: { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const errors: string[] = []
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)))
  const exited = once(child, 'close')
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error(`${program} has no pipes`)
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const send = (value: object): void => void stdin.write(`${JSON.stringify(value)}\n`)
  send(setup)
  const end = async (): Promise<void> => {
    stdin.end()
    child.kill('SIGKILL')
    await exited.catch(() => {})
  }
  return {
    ask: async (call) => {
      send(call)
      const timeout = setTimeout(() => child.kill('SIGKILL'), ANSWER_TIMEOUT_MS)
      const { done, value } = await lines.next()
      clearTimeout(timeout)
      if (done === true) throw new Error(`${program} has ended: ${errors.join('')}`)
      return JSON.parse(value) as DriverAnswer
    },
    [Symbol.asyncDispose]: end,
  }
}

/** An input as a JSON body has it, in the spelling of drivers. */
export function neutral(members: Members, input: SampleInput): SampleInput {
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) => {
      const member = members[name]
      return member === undefined || value === undefined ? [] : [[name, neutralValue(member.data, value)]]
    }),
  )
}

function neutralValue(shape: ShapeData, value: unknown): unknown {
  switch (shape.type) {
    case 'blob':
      return { $blob: value }
    case 'timestamp':
      return { $time: value }
    case 'list':
      return (value as readonly unknown[]).map((item) => neutralValue(shape.of, item))
    case 'structure':
      return neutral(shape.members, value as SampleInput)
    case 'text':
    case 'enum':
    case 'integer':
    case 'boolean':
    case 'map':
      return value
  }
}
