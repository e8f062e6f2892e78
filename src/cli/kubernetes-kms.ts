import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseBase64 } from '../base/bytes.ts'
import { usingGiven } from '../base/given-file.ts'
import type { Log } from '../base/log.ts'
import { isMemoryFolder } from '../base/memory-folder.ts'
import { systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import { ownershipProblem, readRegularText } from '../base/regular-file.ts'
import { mayPass } from '../client/retry.ts'
import { ServiceError } from '../client/service-error.ts'
import { ConfigError } from '../config/setting.ts'
import { serveGrpc } from '../kubernetes-kms/grpc-server.ts'
import { type KeyFacts, type KmsPort, KmsRefusal } from '../kubernetes-kms/kms-port.ts'
import { createPlugin } from '../kubernetes-kms/plugin.ts'
import { encodeSeen, parseSeen, type SavedKeys } from '../kubernetes-kms/seen.ts'
import { prepareSocket, withPrivateSocket } from '../kubernetes-kms/socket.ts'
import { type AwsClient, openAwsClient, parseContext, reasonOf } from './aws-client.ts'
import type { CommandInput } from './command.ts'
import { openLog } from './log.ts'
import { printResult } from './result.ts'
import { takeSignals } from './signals.ts'

const HOUR_MS = 3_600_000
/** Two attempts fit into the plug-in's own time limit. */
const ATTEMPT_LIMIT_MS = 1100
const STATE_FILE = 'seen.json'
const OWNER_ONLY = 0o600

/** `holdfast kubernetes-kms`: serves Kubernetes' KMS API v2 on a socket, until it is asked to stop. */
export async function serveKubernetesKms(input: CommandInput): Promise<number> {
  const { flags, lists, switches } = input
  const log = openLog()
  const stop = takeSignals(log)
  const socket = flags['socket'] ?? ''
  const folder = flags['state-folder']
  const context = parseContext(lists['context'] ?? [])
  if (folder !== undefined) await assertStateFolder(folder)
  await prepareSocket(socket)
  using client = await openAwsClient(input, { timeoutMs: ATTEMPT_LIMIT_MS, attemptsMax: 2 })
  const plugin = createPlugin({
    kms: kmsOf(client, flags['key'] ?? '', context),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log,
    offlineMs: Number(flags['offline-hours']) * HOUR_MS,
    saved: folder === undefined ? undefined : await readState(folder, log),
    save: async (saved) => (folder === undefined ? undefined : await writeState(folder, saved)),
  })
  const server = await withPrivateSocket(socket, () => serveGrpc(plugin, socket), {
    group: switches.has('socket-group'),
  })
  // The first answer is ready before an API server asks, and a wrong setting is in the log at once.
  plugin.status().catch(() => {})
  printResult(input, { event: 'serving', socket, endpoint: client.endpoint }, () => [
    `Holdfast serves Kubernetes KMS v2 on unix://${socket}`,
    `  KMS          ${client.endpoint}`,
  ])
  await stop
  printResult(input, { event: 'stopping', socket, endpoint: client.endpoint }, () => ['stopping'])
  await server.close()
  return 0
}

/** @throws ConfigError. */
async function assertStateFolder(folder: string): Promise<void> {
  if (!(await isMemoryFolder(folder)))
    throw new ConfigError(`--state-folder: expected a folder in memory (tmpfs); got '${folder}'`)
  const problem = ownershipProblem(await stat(folder))
  if (problem !== undefined) throw new ConfigError(`--state-folder: '${folder}': ${problem}`)
}

function kmsOf(
  client: AwsClient,
  KeyId: string,
  EncryptionContext: Readonly<Record<string, string>>,
): KmsPort {
  const call = async (operation: string, input: Parameters<AwsClient['call']>[1]): Promise<unknown> => {
    try {
      return await client.call(operation, input)
    } catch (error) {
      const reason = reasonOf(error, client.endpoint)
      if (error instanceof ServiceError && !mayPass(error))
        throw new KmsRefusal(error.code, reason, { cause: error })
      throw new Error(reason, { cause: error })
    }
  }
  return {
    describe: async () => parseKey(await call('DescribeKey', { KeyId })),
    generate: async (keyArn) => {
      const answer = await call('GenerateDataKey', { KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext })
      const { KeyMaterialId: materialId } = membersOf(answer)
      return {
        key: parseBytes(answer, 'Plaintext'),
        wrapped: parseBytes(answer, 'CiphertextBlob'),
        materialId: typeof materialId === 'string' ? materialId : undefined,
      }
    },
    decrypt: async (keyArn, CiphertextBlob) =>
      parseBytes(await call('Decrypt', { KeyId: keyArn, CiphertextBlob, EncryptionContext }), 'Plaintext'),
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function parseKey(answer: unknown): KeyFacts {
  const {
    Arn: arn,
    CurrentKeyMaterialId: materialId,
    KeyState: state,
  } = membersOf(membersOf(answer)['KeyMetadata'])
  if (typeof arn !== 'string' || typeof state !== 'string')
    throw new Error('the answer of DescribeKey names no key')
  return { arn, state, materialId: typeof materialId === 'string' ? materialId : undefined }
}

function parseBytes(answer: unknown, member: string): Uint8Array {
  const text = membersOf(answer)[member]
  const bytes = typeof text === 'string' ? parseBase64(text) : undefined
  if (bytes === undefined) throw new Error(`the answer has no ${member}`)
  return bytes
}

async function readState(folder: string, log: Log): Promise<SavedKeys | undefined> {
  const path = join(folder, STATE_FILE)
  try {
    return parseSeen(await readRegularText(path, { noLink: true, own: true }))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    // The plug-in works without it.
    log.error('what an earlier process saw cannot be read', { path, reason: String(cause) })
    return undefined
  }
}

/** A reader never sees a part of it. */
async function writeState(folder: string, saved: SavedKeys): Promise<void> {
  await usingGiven({ name: '--state-folder', path: folder }, async () => {
    const path = join(folder, STATE_FILE)
    // A new file, never one that is there with another owner or mode.
    await rm(`${path}.new`, { force: true })
    const file = await open(`${path}.new`, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(encodeSeen(saved))
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  })
}
