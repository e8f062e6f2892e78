import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const OWNER_ONLY = 0o600

/**
 * Writes credentials in AWS's shared-credentials format, profile `default`, readable by the owner
 * only. Written aside and renamed, so a reader never sees half of it.
 */
export async function writeCredentialsFile(
  path: string,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<void> {
  const aside = `${path}.new`
  await rm(aside, { force: true })
  const file = await open(aside, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(
      `[default]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
    )
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync()
  await folder.close()
}
