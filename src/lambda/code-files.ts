import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64 } from '../base/bytes.ts'
import type { Random } from '../base/ports.ts'
import { sha256 } from '../crypto/hash.ts'
import { IntegrityError } from '../store/records.ts'
import { checkZip } from './code-zip.ts'
import type { FunctionCode, FunctionPlace } from './function-record.ts'

/** The folder of the zips within the folder of functions. */
const CODE_FOLDER = 'code'
const INCOMING = '.incoming'

/** The zips of functions: one file each, which never changes. */
export class CodeFiles {
  readonly #folder: string
  readonly #random: Random

  constructor(folder: string, random: Random) {
    this.#folder = join(folder, CODE_FOLDER)
    this.#random = random
  }

  /**
   * Opens the folder, and removes the files of calls that were never committed.
   *
   * @param isNamed whether the function of a place has this file.
   */
  async open(isNamed: (place: FunctionPlace, file: string) => Promise<boolean>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const file of await readdir(this.#folder)) {
      const place = placeOf(file)
      if (place === undefined || !(await isNamed(place, file))) await this.remove(file)
    }
  }

  /** Keeps the zip of a function, once it is sound. @throws LambdaError for a zip that cannot be unpacked. */
  async put(place: FunctionPlace, zip: Uint8Array): Promise<FunctionCode> {
    await checkZip(zip)
    const file = `${place.account}.${place.region}.${place.name}.${this.#random.uuid()}`
    const incoming = join(this.#folder, file + INCOMING)
    const handle = await open(incoming, 'wx', 0o600)
    try {
      await handle.writeFile(zip)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(incoming, join(this.#folder, file))
    await syncFolder(this.#folder)
    return { file, sha256: toBase64(sha256(zip)), sizeBytes: zip.length }
  }

  /** The zip of a function as it was put. @throws IntegrityError when it is not. */
  async get({ file, sha256: expected }: FunctionCode): Promise<Uint8Array> {
    const zip = await readFile(join(this.#folder, file))
    if (toBase64(sha256(zip)) !== expected) throw new IntegrityError(`the code file ${file} has been changed`)
    return zip
  }

  /** Removes a file that no function names. */
  async remove(file: string): Promise<void> {
    await rm(join(this.#folder, file), { force: true })
  }
}

function placeOf(file: string): FunctionPlace | undefined {
  const [account, region, name, id, ...others] = file.split('.')
  if (account === undefined || region === undefined || name === undefined || id === undefined)
    return undefined
  return others.length > 0 ? undefined : { account, region, name }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
