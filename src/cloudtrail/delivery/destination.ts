import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** An object for a bucket. Putting the same object twice leaves one. */
export type DeliveredObject = {
  readonly bucket: string
  /** Of characters that need no escape. */
  readonly key: string
  readonly bytes: Uint8Array
  /** User metadata, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The destination of trails. */
export type Destination = {
  /** @throws Error with what the operator should know. */
  readonly put: (object: DeliveredObject) => Promise<void>
}

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** The ending of the name of an object's metadata, beside the object. */
const METADATA_SUFFIX = '.metadata.json'

/**
 * A folder in which each bucket is a folder. An object's metadata are a JSON file beside it, which is written
 * first, so that no object is ever without.
 */
export function folderDestination(folder: string): Destination {
  return {
    put: async ({ bucket, key, bytes, metadata }) => {
      const path = join(folder, bucket, key)
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE })
      await writeDurably(`${path}${METADATA_SUFFIX}`, Buffer.from(`${JSON.stringify(metadata)}\n`))
      await writeDurably(path, bytes)
    },
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.new`
  const file = await open(aside, 'w', FILE_MODE)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
