import { KmsError } from '../api/errors.ts'
import { renderError } from '../api/render.ts'
import type { Log } from '../base/log.ts'
import { systemRandom, systemTimers } from '../base/ports.ts'
import type { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import { copyOf } from '../custody/root-keys.ts'
import type { UnlockPath } from '../custody/roots/envelope.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { reasonOf } from '../custody/roots/unlock.ts'
import { serviceOfHeaders } from '../dispatch/routing.ts'
import { findHeader, type WireRequest, type WireResponse } from '../dispatch/wire.ts'
import { openHttpServer } from '../http/server.ts'
import { announceEndpoint, makeDataFolder, withdrawEndpoint } from './deployment.ts'
import { GivenShares } from './given-shares.ts'
import {
  askAtTerminal,
  needEnvelope,
  type OpenedRoot,
  openByPath,
  openUnattended,
  SealedError,
  sealDependencies,
} from './root-key.ts'
import { findSealedAt, OrderedSealError, unmarkSealed } from './sealed-state.ts'
import { readTls } from './tls.ts'
import { openUnsealSocket } from './unseal-socket.ts'

/** How often a sealed server tries its unattended paths again. */
const RETRY_MS = 30_000
/** The type of paths that need several people. */
const SHARES = 'shares'

/** Where a sealed server answers, and how. */
export type SealedDoor = {
  readonly place: { readonly host: string; readonly port: number; readonly setting: string }
  /** Whether commands on the data folder find the server here. */
  readonly announces: boolean
  /** The answer to a call. @param unready why the server is not ready. */
  readonly answer: (request: WireRequest, unready: string) => WireResponse
}

/** The one answer of a sealed server. */
export const SEALED_MESSAGE = 'The server is sealed: its root key is not open.'
const SEALED = new KmsError('ServiceUnavailableException', SEALED_MESSAGE)

/** How a sealed `holdfast serve` answers. */
export function serverDoor({ listen }: Config): SealedDoor {
  return {
    place: { ...listen, setting: 'HOLDFAST_LISTEN' },
    announces: true,
    answer: (request) => {
      const accept = findHeader(request.rawHeaders, 'accept')
      const reader = { service: serviceOfHeaders(request), requestId: systemRandom.uuid(), accept }
      return renderError(reader, SEALED)
    },
  }
}

/** What a sealed start needs. */
export type SealedStart = {
  readonly log: Log
  /** Where the sealed server answers, and what. */
  readonly door: SealedDoor
  /** Resolves when the server is asked to stop. */
  readonly stop: Promise<void>
  /** Called with the port of the sealed server. */
  readonly sealed: (port: number) => void
}

/**
 * Opens the root key for a server. When an operator has sealed the deployment, or no unattended path opens it, a sealed server waits
 * for a person, and tries the unattended paths again: `/readyz` says so, every call gets one answer.
 *
 * @returns nothing when the server is asked to stop meanwhile. @throws SealError when waiting would not help.
 */
export async function openRootForServing(
  config: Config,
  start: SealedStart,
): Promise<OpenedRoot | undefined> {
  await makeDataFolder(config)
  try {
    return await openUnattended(config)
  } catch (error) {
    const canOpenLater =
      error instanceof OrderedSealError || (error instanceof SealedError && error.canOpenLater)
    if (!canOpenLater) throw error
    return await waitSealed(config, start, error)
  }
}

async function waitSealed(
  config: Config,
  { log, stop, sealed, door }: SealedStart,
  first: SealError,
): Promise<OpenedRoot | undefined> {
  const state = { reason: first.message }
  log.warn('the server is sealed', { reason: state.reason })
  const opened = Promise.withResolvers<OpenedRoot | undefined>()
  await using stack = new AsyncDisposableStack()
  const port = await listenSealed(config, door, stack)
  sealed(port)
  const failures = first instanceof SealedError ? first.failures : []
  const given = new Map<string, GivenShares>()
  stack.defer(() => {
    for (const shares of given.values()) shares[Symbol.dispose]()
  })
  const socket = await openUnsealSocket(config, async (name, secret) => {
    try {
      const missing = await unsealWith(config, given, {
        name,
        secret,
        open: (root) => opened.resolve({ ...root, failures }),
      })
      if (missing !== undefined) log.info('a share was given', { path: name, missing })
      return missing
    } catch (error) {
      log.warn('an attempt to unseal the server failed', { path: name, reason: reasonOf(error) })
      throw error
    }
  })
  stack.defer(() => socket.close())
  const retry = { stopped: false }
  stack.defer(() => {
    retry.stopped = true
  })
  void retryUnattended(config, retry, log, state).then((root) => {
    if (root !== undefined) opened.resolve(root)
  }, opened.reject)
  void stop.then(() => opened.resolve(undefined))
  return await opened.promise
}

type Unsealing = {
  readonly name: string
  readonly secret: Secret
  readonly open: (root: OpenedRoot) => void
}

/**
 * Opens the root key by a path, also one that needs no person, and ends a seal of an operator.
 *
 * @returns what is still missing; nothing when it is open.
 */
async function unsealWith(
  config: Config,
  given: Map<string, GivenShares>,
  { name, secret, open }: Unsealing,
): Promise<string | undefined> {
  const { envelope } = await needEnvelope(config)
  const path = envelope.paths.find((one) => one.name === name)
  let ask: AskPassphrase = async () => copyOf(secret)
  if (path?.type === SHARES) {
    const shares = sharesOf(given, path)
    const missing = shares.add(secret)
    if (missing !== undefined) return missing
    ask = shares.answer()
  }
  try {
    const opened = await openByPath(config, sealDependencies(config, ask), name)
    open({ ...opened, sealedAt: await unmarkSealed(config) })
    return undefined
  } finally {
    given.get(path?.id ?? '')?.[Symbol.dispose]()
    given.delete(path?.id ?? '')
  }
}

/** The shares of a path so far, unless they have waited too long. */
function sharesOf(given: Map<string, GivenShares>, path: UnlockPath): GivenShares {
  const present = given.get(path.id)
  if (present !== undefined && !present.isOver) return present
  present?.[Symbol.dispose]()
  const shares = new GivenShares(path)
  given.set(path.id, shares)
  return shares
}

/** Tries the unattended paths until one opens or the wait ends. @throws SealError when waiting cannot help any more. */
async function retryUnattended(
  config: Config,
  retry: { readonly stopped: boolean },
  log: Log,
  state: { reason: string },
): Promise<OpenedRoot | undefined> {
  for (;;) {
    await new Promise<void>((resolve) => systemTimers.after(RETRY_MS, resolve))
    if (retry.stopped) return undefined
    try {
      const opened = await openUnattended(config, sealDependencies(config, askAtTerminal))
      if (!retry.stopped) return opened
      opened.root[Symbol.dispose]()
      return undefined
    } catch (error) {
      if (!(error instanceof SealError)) throw error
      if (error.message !== state.reason) log.warn('the server is still sealed', { reason: error.message })
      state.reason = error.message
    }
  }
}

/** What anybody may read at `/readyz`. */
const NOT_READY = 'sealed: no unlock path has opened the root key; see the log of the server'
const SEALED_BY_OPERATOR = 'sealed: an operator has sealed the deployment'

/** Serves probes and refusals at the server's address; returns the port. */
async function listenSealed(config: Config, door: SealedDoor, stack: AsyncDisposableStack): Promise<number> {
  const unready = async () => ((await findSealedAt(config)) === undefined ? NOT_READY : SEALED_BY_OPERATOR)
  const handle = async (request: WireRequest) => door.answer(request, await unready())
  const http = await openHttpServer(
    { handle, refuse: handle, unready },
    { ...door.place, sharedPort: false, tls: await readTls(config), bounds: config.bounds },
  )
  stack.defer(() => http.close())
  if (!door.announces) return http.port
  await announceEndpoint(config, http.port)
  stack.defer(() => withdrawEndpoint(config, http.port))
  return http.port
}
