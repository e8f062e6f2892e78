import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Goal, median } from '../measures.ts'
import type { Options } from '../options.ts'
import { type BenchGateway, startGateway } from '../s3/gateway.ts'
import { type ServerSettings, startServer } from '../server.ts'

/** One measured load. */
type S3Row = {
  readonly what: string
  /** Requests per second, medians over the rounds. */
  readonly encrypted: number
  readonly plain: number
  /** Processor time of the gateway for a request, in milliseconds. */
  readonly encryptedCpuMs: number
  readonly plainCpuMs: number
  /** The median over the rounds. */
  readonly share: number
}

/** The results of the s3 suite. */
export type S3Report = { readonly rows: readonly S3Row[]; readonly goals: readonly Goal[] }

/** The dependencies of the suite. */
export type S3Dependencies = {
  readonly options: Pick<Options, 'seconds' | 'rounds' | 'region'>
  readonly settings: ServerSettings
  readonly progress: (text: string) => void
}

const SHARE_REQUIRED = 0.8
const CONNECTIONS = 16
const SIZES = [
  { name: '4 KiB', bytes: 4_096 },
  { name: '8 MiB', bytes: 8_388_608 },
]
const METHODS = ['PUT', 'GET'] as const
/** Objects that are put again and again: each window puts all of them, so that later ones can get them. */
const KEYS = CONNECTIONS

/**
 * Measures put and get of objects under a KMS key with a bucket key on two gateways in turn. One is the gateway; in the
 * other, the segments of objects are not encrypted, and all else is the same.
 */
export async function measureS3({ options, settings, progress }: S3Dependencies): Promise<S3Report> {
  const server = await startServer(settings)
  const gateways: BenchGateway[] = []
  try {
    for (const isEncrypting of [true, false]) {
      const objects = join(settings.dataFolder, isEncrypting ? 'encrypted' : 'plain')
      const { dataFolder, region } = settings
      gateways.push(
        await startGateway({ dataFolder, objects, region, isEncrypting, connections: CONNECTIONS }),
      )
      await gateways.at(-1)?.send('PUT', isEncrypting ? '/encrypted' : '/plain')
    }
    const [encrypted, plain] = gateways
    if (encrypted === undefined || plain === undefined) throw new Error('two gateways are measured')
    const rows: S3Row[] = []
    for (const { name, bytes } of SIZES) {
      const body = randomBytes(bytes)
      for (const method of METHODS) {
        progress(`s3: ${method} of ${name}`)
        rows.push(await measureRow(options, [encrypted, plain], { what: `${method} ${name}`, method, body }))
      }
    }
    return { rows, goals: rows.map(goalOf) }
  } finally {
    for (const gateway of gateways) await gateway.stop()
    await server.stop()
  }
}

type Load = { readonly what: string; readonly method: (typeof METHODS)[number]; readonly body: Buffer }
type Window = { readonly perSecond: number; readonly cpuMs: number }

async function measureRow(
  { seconds, rounds }: S3Dependencies['options'],
  [encrypted, plain]: readonly [BenchGateway, BenchGateway],
  load: Load,
): Promise<S3Row> {
  const windows: { readonly encrypted: Window; readonly plain: Window }[] = []
  for (let round = 0; round < rounds; round += 1) {
    windows.push({
      encrypted: await measureWindow(encrypted, '/encrypted', load, seconds),
      plain: await measureWindow(plain, '/plain', load, seconds),
    })
  }
  return {
    what: load.what,
    encrypted: median(windows.map((window) => window.encrypted.perSecond)),
    plain: median(windows.map((window) => window.plain.perSecond)),
    encryptedCpuMs: median(windows.map((window) => window.encrypted.cpuMs)),
    plainCpuMs: median(windows.map((window) => window.plain.cpuMs)),
    share: median(windows.map((window) => window.encrypted.perSecond / window.plain.perSecond)),
  }
}

async function measureWindow(
  gateway: BenchGateway,
  bucket: string,
  { method, body }: Load,
  seconds: number,
): Promise<Window> {
  const state = { sent: 0 }
  const began = performance.now()
  const cpuBefore = gateway.cpuMs() ?? 0
  const connection = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1000) {
      state.sent += 1
      const target = `${bucket}/${body.length}/${state.sent % KEYS}`
      await gateway.send(method, target, method === 'PUT' ? body : undefined)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  const elapsedMs = performance.now() - began
  const cpuMs = (gateway.cpuMs() ?? 0) - cpuBefore
  return { perSecond: (state.sent * 1000) / elapsedMs, cpuMs: cpuMs / state.sent }
}

function goalOf({ what, share }: S3Row): Goal {
  return {
    name: `${what} at ${CONNECTIONS} connections, share of the gateway without encryption`,
    required: `at least ${SHARE_REQUIRED * 100}%`,
    measured: `${(share * 100).toFixed(1)}%`,
    met: share >= SHARE_REQUIRED,
  }
}
