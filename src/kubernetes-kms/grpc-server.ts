import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import { Failure } from './failure.ts'
import {
  encodeDecryptResponse,
  encodeEncryptResponse,
  encodeStatusResponse,
  parseDecryptRequest,
  parseEncryptRequest,
} from './messages.ts'
import type { Plugin } from './plugin.ts'

/** Above the largest call: a ciphertext, a key ID and 32 KiB of annotations. Source: Kubernetes, KMS provider API v2. */
const MESSAGE_MAX_BYTES = 65_536
/** The maximum number of calls of one connection at the same time: an API server decrypts its seeds one after another. */
const STREAMS_MAX = 100
/** How long calls in flight may take when the server stops. */
const STOP_LIMIT_MS = 3000

type Method<Response> = {
  readonly path: string
  readonly requestStream: false
  readonly responseStream: false
  readonly requestSerialize: (value: Buffer) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => Buffer
  readonly responseSerialize: (value: Response) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => never
}

/** Requests stay bytes until the call, so that a message that cannot be parsed is refused as an invalid argument. */
function method<Response>(name: string, responseSerialize: (value: Response) => Buffer): Method<Response> {
  return {
    path: `/v2.KeyManagementService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes) => bytes,
    requestDeserialize: (bytes) => bytes,
    responseSerialize,
    responseDeserialize: () => {
      throw new Error('a server reads no answers')
    },
  }
}

const SERVICE = {
  Status: method('Status', encodeStatusResponse),
  Encrypt: method('Encrypt', encodeEncryptResponse),
  Decrypt: method('Decrypt', encodeDecryptResponse),
} satisfies ServiceDefinition

/** A serving plug-in. */
export type GrpcServer = { readonly close: () => Promise<void> }

/** Serves the plug-in on a Unix socket, whose path nothing else has. @throws Error when it cannot listen. */
export async function serveGrpc(plugin: Plugin, socket: string): Promise<GrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    'grpc.max_concurrent_streams': STREAMS_MAX,
  })
  server.addService(SERVICE, {
    Status: answer(() => plugin.status()),
    Encrypt: answer((bytes) => plugin.encrypt(parsed(bytes, parseEncryptRequest))),
    Decrypt: answer((bytes) => plugin.decrypt(parsed(bytes, parseDecryptRequest))),
  })
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    )
  })
  return { close: () => closeServer(server) }
}

function answer<Response>(run: (request: Buffer) => Promise<Response>): handleUnaryCall<Buffer, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => run(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(refusal(error)),
      )
  }
}

function parsed<T>(bytes: Buffer, parse: (bytes: Uint8Array) => T): T {
  try {
    return parse(bytes)
  } catch (cause) {
    throw new Failure('INVALID_ARGUMENT', 'the message cannot be parsed', { cause })
  }
}

function refusal(error: unknown): { readonly code: status; readonly details: string } {
  if (error instanceof Failure) return { code: status[error.kind], details: error.message }
  return { code: status.INTERNAL, details: 'an internal error' }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = AbortSignal.timeout(STOP_LIMIT_MS)
    timer.addEventListener('abort', () => server.forceShutdown())
    server.tryShutdown(() => resolve())
  })
}
