import type { Log } from '../base/log.ts'
import { addGarbage, type Catalogue, type CatalogueChange, removeGarbage } from './catalogue.ts'
import type { ObjectFiles } from './object-files.ts'

/** Removes files that nothing names any more, once nobody reads them. What a stop leaves, the next start removes. */
export class Disposal {
  readonly #catalogue: Catalogue
  readonly #files: ObjectFiles
  readonly #log: Log
  readonly #readers = new Map<string, number>()
  readonly #waiting = new Set<string>()
  readonly #removing = new Set<Promise<void>>()

  constructor(catalogue: Catalogue, files: ObjectFiles, log: Log) {
    this.#catalogue = catalogue
    this.#files = files
    this.#log = log
  }

  /** The changes that note files as garbage, for the commit that makes them useless. */
  changes(files: readonly string[]): readonly CatalogueChange[] {
    return files.map(addGarbage)
  }

  /** Keeps files until the reader has ended. */
  read(files: readonly string[]): () => void {
    for (const file of files) this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1)
    return () => {
      for (const file of files) this.#release(file)
    }
  }

  /** Removes files, now or when their last reader has ended. */
  dispose(files: readonly string[]): void {
    for (const file of files) {
      if (this.#readers.has(file)) this.#waiting.add(file)
      else this.#remove(file)
    }
  }

  /** Waits for removals in progress. */
  async close(): Promise<void> {
    await Promise.all(this.#removing)
  }

  #release(file: string): void {
    const left = (this.#readers.get(file) ?? 1) - 1
    if (left > 0) {
      this.#readers.set(file, left)
      return
    }
    this.#readers.delete(file)
    if (this.#waiting.delete(file)) this.#remove(file)
  }

  #remove(file: string): void {
    const removing = this.#files
      .remove(file)
      .then(() => this.#catalogue.commit([removeGarbage(file)]))
      .catch((error: unknown) => this.#log.warn(`a file of an object was not removed: ${error}`, { file }))
      .finally(() => this.#removing.delete(removing))
    this.#removing.add(removing)
  }
}
