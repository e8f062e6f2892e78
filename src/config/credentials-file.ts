import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readRegularText } from '../base/regular-file.ts'
import { ConfigError } from './setting.ts'

const OWNER_ONLY = 0o600

/** The root credentials of an account. */
export type RootCredentials = {
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * Writes credentials into a file in AWS's shared-credentials format, readable by the owner only, and returns
 * their profile: the account's existing profile; else `default` when the file has none or the account is the
 * folder's first; else the account's ID. Other content of the file stays. The file is written to a temporary name
 * and renamed, so a reader never sees a part of it.
 */
export async function addCredentials(
  path: string,
  root: RootCredentials,
  { replaces }: { readonly replaces?: readonly string[] } = {},
): Promise<string> {
  const present = (await readCredentialsFile(path)) ?? ''
  const profile = profileFor(present, root.account, replaces ?? [])
  const kept = withoutProfile(present, profile).trimEnd()
  const section = `[${profile}]\naws_access_key_id = ${root.accessKeyId}\naws_secret_access_key = ${root.secretAccessKey}\n`
  const aside = `${path}.new`
  await rm(aside, { force: true })
  const file = await open(aside, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(kept === '' ? section : `${kept}\n\n${section}`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync()
  await folder.close()
  return profile
}

/** The replaced access keys identify the account's profile. */
function profileFor(text: string, account: string, replaced: readonly string[]): string {
  const sections = text.split(SECTIONS).filter((section) => section.startsWith('['))
  if (sections.length === 0) return 'default'
  const own = sections.find((section) => replaced.some((id) => section.includes(id)))
  return own === undefined ? account : own.slice(1, own.indexOf(']'))
}

function withoutProfile(text: string, profile: string): string {
  const sections = text.split(SECTIONS)
  return sections.filter((section) => !section.startsWith(`[${profile}]`)).join('')
}

const SECTIONS = /^(?=\[)/m

/** The access key of the profile `default` of a file in AWS's shared-credentials format. @throws Error. */
export function readDefaultCredentials(path: string): Promise<ProfileCredentials> {
  return readProfile(path, 'default')
}

/** An access key, its secret, and its session token if it is temporary. */
type ProfileCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** The access key of a profile of a file in AWS's shared-credentials format. @throws Error. */
export async function readProfile(path: string, profile: string): Promise<ProfileCredentials> {
  const text = await readRegularText(path)
  const section = text
    .split(SECTIONS)
    .find((one) => one.slice(0, one.indexOf('\n')).trim() === `[${profile}]`)
  const find = (name: string): string | undefined =>
    new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(section ?? '')?.[1]
  const accessKeyId = find('aws_access_key_id')
  const secretAccessKey = find('aws_secret_access_key')
  const sessionToken = find('aws_session_token')
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(`it has no profile ${profile} with an access key and its secret`)
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

/** The text of a credentials file; nothing when there is none. @throws ConfigError when other users can write to it. */
export async function readCredentialsFile(path: string): Promise<string | undefined> {
  try {
    return await readRegularText(path, { noLink: true, own: true })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(`cannot use the credentials file ${path}: ${reason}`, { cause })
  }
}
