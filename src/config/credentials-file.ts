import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const OWNER_ONLY = 0o600

/** The root credentials of an account. */
export type RootCredentials = {
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * Adds credentials to a file in AWS's shared-credentials format, readable by the owner only: as
 * profile `default` when there is no such file, else as a profile with the account's name, so that
 * nothing in it is lost. Written aside and renamed, so a reader never sees half of it.
 */
export async function addCredentials(path: string, root: RootCredentials): Promise<void> {
  const present = await readPresent(path)
  const profile = present === '' ? 'default' : root.account
  const section = `[${profile}]\naws_access_key_id = ${root.accessKeyId}\naws_secret_access_key = ${root.secretAccessKey}\n`
  const aside = `${path}.new`
  await rm(aside, { force: true })
  const file = await open(aside, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(present === '' ? section : `${present.trimEnd()}\n\n${section}`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync()
  await folder.close()
}

/** The access key of the profile `default` of a file in AWS's shared-credentials format. @throws Error. */
export async function readDefaultCredentials(
  path: string,
): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> {
  const text = await readFile(path, 'utf8')
  const [, section = ''] = /^\[default\]\s*$([^[]*)/m.exec(text) ?? []
  const accessKeyId = /^\s*aws_access_key_id\s*=\s*(\S+)\s*$/m.exec(section)?.[1]
  const secretAccessKey = /^\s*aws_secret_access_key\s*=\s*(\S+)\s*$/m.exec(section)?.[1]
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey }
  throw new Error(`${path} has no profile default with an access key and its secret`)
}

async function readPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
