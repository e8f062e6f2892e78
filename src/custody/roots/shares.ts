import { combine, split } from 'shamir-secret-sharing'
import {
  concatBytes,
  equalConstantTime,
  lengthPrefixed,
  parseBase64,
  parseHex,
  toBase64,
} from '../../base/bytes.ts'
import type { Random } from '../../base/ports.ts'
import { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import { sha256 } from '../../crypto/hash.ts'
import { deriveKey } from '../../crypto/kdf.ts'
import type { Parameters } from './envelope.ts'
import type { PathContext, PathMethod } from './path-method.ts'
import { ROOT_KEY_BYTES, SealError } from './root.ts'
import { encodeShare, parseShare, SET_BYTES, type Share } from './share-text.ts'

/** Fewer than two shares would be a passphrase that a program chose. */
const THRESHOLD_MIN = 2
/** More holders than a ceremony can have. */
const SHARES_MAX = 32
const COMMITMENT_BYTES = 32
/** Mistakes of one ceremony, after which it ends. */
const MISTAKES_MAX = 20

/** What is known when a share is asked for. */
export type ShareQuestion = {
  /** The name of the path. */
  readonly name: string
  /** The share that its holder confirms; nothing when any share will do. */
  readonly confirms: number | undefined
  /** The numbers of the shares that were given. */
  readonly given: readonly number[]
  readonly threshold: number
  /** What is wrong with the answer before. */
  readonly problem: string | undefined
  readonly signal: AbortSignal
}

/** A new share, for its holder. */
export type NewShare = {
  readonly name: string
  readonly number: number
  readonly shares: number
  readonly threshold: number
  /** ASCII; borrowed. */
  readonly text: Secret
  readonly signal: AbortSignal
}

/** The people who hold shares. */
export type Holders = {
  /** Asks for a share. The caller owns the text. */
  readonly ask: (question: ShareQuestion) => Promise<Secret>
  /** Shows a share once, and resolves when its holder has written it down. */
  readonly show: (share: NewShare) => Promise<void>
}

/** The path `shares`: a random key of which any `threshold` shares make the path key. */
export function sharesMethod(holders: Holders, random: Random): PathMethod {
  return {
    isUnattended: false,
    create: (context, given) => create(holders, random, context, given),
    open: async (context, parameters) => {
      using collected = new CollectedShares(context.id, parameters)
      const { name, signal } = context
      await collect(collected, () => holders.ask, { name, confirms: undefined, signal })
      return await collected.key()
    },
  }
}

/** Makes the shares. No path has them before each holder has typed the own share again. */
async function create(
  holders: Holders,
  random: Random,
  context: PathContext,
  given: Parameters,
): Promise<{ readonly parameters: Parameters; readonly key: Secret }> {
  const threshold = countOf(given, 'threshold', THRESHOLD_MIN)
  const shares = countOf(given, 'shares', threshold)
  using secret = new Secret(random.bytes(ROOT_KEY_BYTES))
  // The library takes a Uint8Array itself, and no Buffer.
  const bytes = secret.reveal((own) => Uint8Array.from(own))
  const values = (await split(bytes, shares, threshold)).map((value) => new Secret(value))
  bytes.fill(0)
  try {
    const made = values.map((value, at): Share => ({ set: setOf(context.id), number: at + 1, value }))
    const commitments = toBase64(concatBytes(...made.map((share) => commitmentOf(context.id, share))))
    const parameters = { threshold: String(threshold), shares: String(shares), commitments }
    using collected = new CollectedShares(context.id, { ...parameters, threshold: String(shares) })
    const { name, signal } = context
    for (const share of made) {
      using text = encodeShare(share)
      await holders.show({ name, number: share.number, shares, threshold, text, signal })
      await confirm(collected, holders, { name, confirms: share.number, signal })
    }
    return { parameters, key: await collected.keyOfFirst(threshold) }
  } finally {
    for (const value of values) value[Symbol.dispose]()
  }
}

type Asking = Pick<ShareQuestion, 'name' | 'confirms' | 'signal'>

/** Asks a holder for the share that was just shown, until it is typed right. */
async function confirm(collected: CollectedShares, holders: Holders, asking: Asking): Promise<void> {
  const wanted = collected.numbers.length + 1
  await collect(collected, () => holders.ask, asking, wanted)
}

/** Asks until there are enough shares, or as many as wanted. @throws SealError after too many mistakes. */
async function collect(
  collected: CollectedShares,
  asker: () => Holders['ask'],
  asking: Asking,
  wanted = collected.threshold,
): Promise<void> {
  let problem: string | undefined
  for (let mistakes = 0; collected.numbers.length < wanted; ) {
    const { numbers: given, threshold } = collected
    using text = await asker()({ ...asking, given, threshold, problem })
    try {
      collected.add(text, asking.confirms)
      problem = undefined
    } catch (error) {
      mistakes += 1
      if (!(error instanceof SealError) || mistakes >= MISTAKES_MAX) throw error
      problem = error.message
    }
  }
}

/** Shares of one path that were given, each of which was checked by itself. */
export class CollectedShares {
  readonly threshold: number
  readonly #id: string
  readonly #commitments: readonly Uint8Array[]
  readonly #shares: Share[] = []

  /** @param id the path's UUID. @throws SealError for damaged parameters. */
  constructor(id: string, parameters: Parameters) {
    this.#id = id
    const commitments = parseBase64(parameters['commitments'] ?? '')
    const shares = Number(parameters['shares'])
    const threshold = Number(parameters['threshold'])
    const isSound =
      Number.isInteger(shares) &&
      Number.isInteger(threshold) &&
      threshold >= THRESHOLD_MIN &&
      shares <= SHARES_MAX
    if (!isSound || threshold > shares || commitments?.length !== shares * COMMITMENT_BYTES)
      throw new SealError('its parameters are damaged')
    this.threshold = threshold
    this.#commitments = Array.from({ length: shares }, (_, at) =>
      commitments.subarray(at * COMMITMENT_BYTES, (at + 1) * COMMITMENT_BYTES),
    )
  }

  /** The numbers of the shares so far. */
  get numbers(): readonly number[] {
    return this.#shares.map(({ number }) => number)
  }

  /**
   * Takes a share; returns its number.
   *
   * @param expected the only number that will do. @throws SealError that says what is wrong with it.
   */
  add(text: Secret, expected?: number): number {
    const share = parseShare(text)
    try {
      this.#check(share, expected)
    } catch (error) {
      share.value[Symbol.dispose]()
      throw error
    }
    this.#shares.push(share)
    return share.number
  }

  #check(share: Share, expected: number | undefined): void {
    const { set, number } = share
    const commitment = this.#commitments[number - 1]
    if (!equalConstantTime(set, setOf(this.#id)) || commitment === undefined)
      throw new SealError('the share is of another set: of another path, or of one that was made again')
    if (!equalConstantTime(commitmentOf(this.#id, share), commitment))
      throw new SealError(`share ${number} is not the one that was made: somebody has changed or forged it`)
    if (this.numbers.includes(number))
      throw new SealError(`share ${number} was given already: another one is needed`)
    if (expected !== undefined && number !== expected)
      throw new SealError(`expected share ${expected}; got share ${number}`)
  }

  /** The path key. @throws SealError unless there are enough shares. */
  key(): Promise<Secret> {
    return this.keyOfFirst(this.threshold)
  }

  /** The path key by the first shares. @throws SealError unless there are as many. */
  async keyOfFirst(count: number): Promise<Secret> {
    const values = this.#shares.slice(0, count)
    if (values.length < count) throw new SealError(`${count} shares are needed; got ${values.length}`)
    const copies = values.map(({ value }) => value.reveal((bytes) => Uint8Array.from(bytes)))
    try {
      using secret = new Secret(await combine(copies))
      return deriveKey(secret, `holdfast/seal/1/shares/${this.#id}`)
    } finally {
      for (const copy of copies) copy.fill(0)
    }
  }

  [Symbol.dispose](): void {
    for (const { value } of this.#shares) value[Symbol.dispose]()
    this.#shares.length = 0
  }
}

/** The id of the set of a path in its shares. */
function setOf(id: string): Uint8Array {
  const bytes = parseHex(id.replaceAll('-', ''))
  if (bytes === undefined) throw new SealError('its id is damaged')
  return bytes.subarray(0, SET_BYTES)
}

/** What shows that a share is the one that was made, and reveals nothing: a share has as many random bits as a key. */
function commitmentOf(id: string, { number, value }: Share): Uint8Array {
  return value.reveal((bytes) => {
    const input = lengthPrefixed('holdfast/share/1/commitment', id, String(number), bytes)
    const commitment = sha256(input)
    input.fill(0)
    return commitment
  })
}

/** @throws UsageError. */
function countOf(given: Parameters, name: 'threshold' | 'shares', min: number): number {
  const text = given[name]
  const value = Number(text)
  if (text !== undefined && Number.isInteger(value) && value >= min && value <= SHARES_MAX) return value
  throw new UsageError(
    `--${name}: expected a number from ${min} to ${SHARES_MAX}; got ${text === undefined ? 'nothing' : `'${text}'`}`,
  )
}
