import type { EpochMs } from '../../base/ports.ts'
import { kindOfFormat1 } from '../../store/kind.ts'
import { StoreConflict } from '../../store/port.ts'
import { insert, type Kind, type Records, replace } from '../../store/records.ts'
import { ACCESS_KEYS } from './access-key.ts'

/** The last use of an access key. Partition: {@link ACCESS_KEYS}; name: the access key id. */
export type KeyUseValue = {
  readonly format: 1
  readonly at: EpochMs
  readonly region: string
  readonly service: string
}

/** The kind of last uses. */
export const KEY_USE: Kind<KeyUseValue> = kindOfFormat1('access-key-use')

/** Uses of one process that wait to be written: one for each key, which bounds the keys in use at once. */
const WAITING_MAX = 100_000

/**
 * Last uses of access keys. A call only notes its use in memory; a job writes them at intervals, and at a
 * stop. So a kill loses the uses of at most one interval, and nothing else.
 */
export class KeyUses {
  readonly #records: Records
  #waiting = new Map<string, KeyUseValue>()

  constructor(records: Records) {
    this.#records = records
  }

  /** Notes one use. */
  note(accessKeyId: string, use: Omit<KeyUseValue, 'format'>): void {
    if (this.#waiting.size >= WAITING_MAX && !this.#waiting.has(accessKeyId)) return
    this.#waiting.set(accessKeyId, { format: 1, ...use })
  }

  /** The last use of a key that this process knows. */
  async find(accessKeyId: string): Promise<KeyUseValue | undefined> {
    const written = (await this.#records.get(KEY_USE, ACCESS_KEYS, accessKeyId))?.value
    const waiting = this.#waiting.get(accessKeyId)
    if (written === undefined || waiting === undefined) return waiting ?? written
    return waiting.at > written.at ? waiting : written
  }

  /** Writes the noted uses. Those that conflict with another process are written next time. */
  async write(): Promise<void> {
    const uses = this.#waiting
    this.#waiting = new Map()
    for (const [accessKeyId, use] of uses) {
      if (!(await this.#writeOne(accessKeyId, use))) this.#keep(accessKeyId, use)
    }
  }

  async #writeOne(accessKeyId: string, use: KeyUseValue): Promise<boolean> {
    const present = await this.#records.get(KEY_USE, ACCESS_KEYS, accessKeyId)
    if (present !== undefined && present.value.at >= use.at) return true
    const change =
      present === undefined ? insert(KEY_USE, ACCESS_KEYS, accessKeyId, use) : replace(present, use)
    try {
      await this.#records.commit([change])
      return true
    } catch (error) {
      if (error instanceof StoreConflict) return false
      this.#keep(accessKeyId, use)
      throw error
    }
  }

  #keep(accessKeyId: string, use: KeyUseValue): void {
    if (!this.#waiting.has(accessKeyId)) this.#waiting.set(accessKeyId, use)
  }
}
