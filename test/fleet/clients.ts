/** Clients of a fleet that use and change permissions at random, and write down what they were answered. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Output } from '../../src/api/json.ts'
import { signRequest } from '../../src/sigv4/sign.ts'
import type { TestCredentials } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { type FormValue, formText } from '../support/query.ts'
import type { Seeded } from '../support/seeded.ts'
import type { Operation } from './linearizable.ts'

/** A call of either protocol. */
export type Call = {
  readonly operation: string
  readonly credentials: TestCredentials
} & (
  | { readonly service: 'kms' | 'cloudtrail'; readonly input: Output }
  | { readonly service: 'iam' | 'sts'; readonly input: FormValue }
)

/** An answer of a machine; the code is that of an error. */
export type Reply = {
  readonly status: number
  readonly code: string | undefined
  readonly requestId: string
  readonly text: string
}

/** How long a client waits for an answer. */
const PATIENCE_MS = 6000
const TARGETS = { kms: 'TrentService', cloudtrail: 'CloudTrail_20131101' }

/** Sends a call once. @returns nothing when no answer came. */
export async function send(endpoint: string, call: Call): Promise<Reply | undefined> {
  const isForm = call.service === 'iam' || call.service === 'sts'
  const body =
    call.service === 'iam' || call.service === 'sts'
      ? formText(call.operation, call.service, call.input)
      : JSON.stringify(call.input)
  const rawHeaders = [
    ...['host', new URL(endpoint).host],
    ...['content-type', isForm ? 'application/x-www-form-urlencoded' : 'application/x-amz-json-1.1'],
    ...(call.service === 'kms' || call.service === 'cloudtrail'
      ? ['x-amz-target', `${TARGETS[call.service]}.${call.operation}`]
      : []),
  ]
  const added = signRequest(
    { method: 'POST', target: '/', rawHeaders, body: Buffer.from(body) },
    { credentials: call.credentials, region: REGION, service: call.service, now: Date.now() },
  )
  const all = [...rawHeaders, ...added]
  const headers: [string, string][] = []
  for (let at = 2; at + 1 < all.length; at += 2) headers.push([all[at] ?? '', all[at + 1] ?? ''])
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const response = await fetch(endpoint, { method: 'POST', headers, body, signal })
    const text = await response.text()
    const code = /"__type":"([^"]+)"|<Code>([^<]+)<\/Code>/.exec(text)
    return {
      status: response.status,
      code: code?.[1] ?? code?.[2],
      requestId: response.headers.get('x-amzn-requestid') ?? '',
      text,
    }
  } catch {
    return undefined
  }
}

/** Something that is allowed or not, and the calls that use it and change it. */
export type Permission = {
  readonly name: string
  readonly use: Call
  /** The codes of a use that is not allowed. */
  readonly refusals: readonly string[]
  /** The calls that change it, as they are now. */
  readonly grant: () => Call
  readonly revoke: () => Call
  /** Learns from the answer of a change that was made. */
  readonly learn?: (reply: Reply) => void
  /** Codes of a change that find nothing to do, and do nothing. */
  readonly idle: readonly string[]
}

/** What a client has been answered. */
export type History = {
  /** By permission. */
  readonly operations: Map<string, Operation[]>
  /** Request ids of everything that was acknowledged, with what it was. */
  readonly acknowledged: Map<string, string>
  readonly created: Set<string>
  /** Answers that no model expects. */
  readonly strange: string[]
}

/** Answers that say that nothing was decided: the machine could not. */
const UNDECIDED = new Set([
  'KMSInternalException',
  'ServiceFailure',
  'InternalFailure',
  'ConcurrentModification',
  'ThrottlingException',
  'Throttling',
])
/** The pause of a client between two calls. */
const PAUSE_MS = 20
/** The same after an answer that decided nothing. */
const UNDECIDED_PAUSE_MS = 250

/** What a client works on. */
export type ClientDependencies = {
  readonly permissions: readonly Permission[]
  readonly root: TestCredentials
  readonly history: History
  /** The machines that run now. */
  readonly endpoints: () => readonly string[]
  readonly random: Seeded
}

/** Calls machines at random until it is stopped. */
export async function runClient(dependencies: ClientDependencies, stopping: AbortSignal): Promise<void> {
  const { permissions, random, endpoints } = dependencies
  while (!stopping.aborted) {
    const endpoint = random.pick(endpoints())
    const isDecided = random.oneIn(20)
      ? await create(endpoint, dependencies)
      : await act(endpoint, random.pick(permissions), dependencies)
    await delay(isDecided ? PAUSE_MS : UNDECIDED_PAUSE_MS)
  }
}

async function create(endpoint: string, { root, history }: ClientDependencies): Promise<boolean> {
  const reply = await send(endpoint, { service: 'kms', operation: 'CreateKey', input: {}, credentials: root })
  const id = /"KeyId":"([^"]+)"/.exec(reply?.text ?? '')?.[1]
  if (reply?.status !== 200 || id === undefined) return false
  history.created.add(id)
  history.acknowledged.set(reply.requestId, `CreateKey of ${id}`)
  return true
}

async function act(
  endpoint: string,
  permission: Permission,
  { random, history }: ClientDependencies,
): Promise<boolean> {
  if (!random.oneIn(5)) return use(endpoint, permission, history)
  const value = random.oneIn(2)
  const call = value ? permission.grant() : permission.revoke()
  const beganAt = performance.now()
  const reply = await send(endpoint, call)
  if (reply?.status === 200) permission.learn?.(reply)
  return note(history, permission, { type: 'change', value, beganAt, endpoint }, reply)
}

/** Uses a permission once. Returns whether the machine decided. */
export async function use(endpoint: string, permission: Permission, history: History): Promise<boolean> {
  const beganAt = performance.now()
  const reply = await send(endpoint, permission.use)
  const value = reply?.status === 200
  return note(history, permission, { type: 'use', value, beganAt, endpoint }, reply)
}

function note(
  history: History,
  permission: Permission,
  begun: Pick<Operation, 'type' | 'value' | 'beganAt'> & { readonly endpoint: string },
  reply: Reply | undefined,
): boolean {
  const { type, value, beganAt, endpoint } = begun
  const told = `${reply?.code ?? reply?.status ?? 'no answer'}, ${reply?.requestId ?? ''}`
  const about = `${permission.name}: ${type} ${value} at ${endpoint}, ${told}`
  const decided = decidedIn(reply)
  if (decided === 'done') history.acknowledged.set(reply?.requestId ?? '', about)
  if (decided === 'refused') {
    const expected = type === 'use' ? permission.refusals : permission.idle
    if (!expected.includes(reply?.code ?? '')) history.strange.push(`${about}: ${reply?.text}`)
  }
  // A change that was refused did nothing, and a use without an answer tells nothing.
  if (type === 'change' ? decided === 'refused' : decided === 'unknown') return decided !== 'unknown'
  const operations = history.operations.get(permission.name) ?? []
  history.operations.set(permission.name, operations)
  const endedAt = decided === 'unknown' ? undefined : performance.now()
  operations.push({ type, value, beganAt, endedAt, about })
  return decided !== 'unknown'
}

function decidedIn(reply: Reply | undefined): 'done' | 'refused' | 'unknown' {
  if (reply?.status === 200) return 'done'
  return reply === undefined || UNDECIDED.has(reply.code ?? '') || reply.status >= 500 ? 'unknown' : 'refused'
}
