import { KmsError } from '../api/errors.ts'
import { renderError } from '../api/render.ts'
import type { Log } from '../base/log.ts'
import { systemRandom, systemTimers } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import type { Config } from '../config/settings.ts'
import type { AskPassphrase } from '../custody/roots/passphrase.ts'
import { SealError } from '../custody/roots/root.ts'
import { reasonOf } from '../custody/roots/unlock.ts'
import { serviceOfHeaders } from '../dispatch/routing.ts'
import { findHeader, type WireRequest, type WireResponse } from '../dispatch/wire.ts'
import { openHttpServer } from '../http/server.ts'
import { announceEndpoint, makeDataFolder, withdrawEndpoint } from './deployment.ts'
import {
  askAtTerminal,
  type OpenedRoot,
  openByPath,
  openUnattended,
  SealedError,
  sealDependencies,
} from './root-key.ts'
import { readTls } from './tls.ts'
import { openUnsealSocket } from './unseal-socket.ts'

/** How often a sealed server tries its unattended paths again. */
const RETRY_MS = 30_000

/** What a sealed start needs. */
export type SealedStart = {
  readonly log: Log
  /** Resolves when the server is asked to stop. */
  readonly stop: Promise<void>
  /** Called with the port of the sealed server. */
  readonly sealed: (port: number) => void
}

/**
 * Opens the root key for a server. When no unattended path opens it, a sealed server waits for a person, and tries the
 * unattended paths again: `/readyz` says why, every call gets 503.
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
    if (!(error instanceof SealedError) || !error.canOpenLater) throw error
    return await waitSealed(config, start, error)
  }
}

async function waitSealed(
  config: Config,
  { log, stop, sealed }: SealedStart,
  first: SealedError,
): Promise<OpenedRoot | undefined> {
  const state = { reason: first.message }
  log.warn('the server is sealed', { reason: state.reason })
  const opened = Promise.withResolvers<OpenedRoot | undefined>()
  await using stack = new AsyncDisposableStack()
  const port = await listenSealed(config, stack)
  sealed(port)
  if (first.attended.length > 0) {
    const socket = await openUnsealSocket(config, async (name, passphrase) => {
      const root = await unsealWith(config, name, passphrase).catch((error: unknown) => {
        log.warn('an attempt to unseal the server failed', { path: name, reason: reasonOf(error) })
        throw error
      })
      opened.resolve({ ...root, failures: first.failures })
    })
    stack.defer(() => socket.close())
  }
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

async function unsealWith(config: Config, name: string, passphrase: Secret): Promise<OpenedRoot> {
  const ask: AskPassphrase = async () => new Secret(passphrase.reveal((bytes) => Uint8Array.from(bytes)))
  return openByPath(config, sealDependencies(config, ask), name)
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

/** The one answer of a sealed server. */
const SEALED = new KmsError('ServiceUnavailableException', 'The server is sealed: its root key is not open.')
/** What anybody may read at `/readyz`. */
const NOT_READY = 'sealed: no unlock path has opened the root key; see the log of the server'

/** Serves probes and refusals at the server's address; returns the port. */
async function listenSealed(config: Config, stack: AsyncDisposableStack): Promise<number> {
  const { host, port } = config.listen
  const handle = async (request: WireRequest): Promise<WireResponse> =>
    renderError(
      {
        service: serviceOfHeaders(request),
        requestId: systemRandom.uuid(),
        accept: findHeader(request.rawHeaders, 'accept'),
      },
      SEALED,
    )
  const http = await openHttpServer(
    { handle, refuse: handle, unready: async () => NOT_READY },
    {
      ...{ host, port, sharedPort: false, setting: 'HOLDFAST_LISTEN' },
      ...{ tls: await readTls(config), bounds: config.bounds },
    },
  )
  stack.defer(() => http.close())
  await announceEndpoint(config, http.port)
  stack.defer(() => withdrawEndpoint(config, http.port))
  return http.port
}
