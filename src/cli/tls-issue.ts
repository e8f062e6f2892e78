import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { AUTHORITY_NAME } from '../app/tls.ts'
import { usingGiven } from '../base/given-file.ts'
import { systemClock, systemRandom } from '../base/ports.ts'
import { readRegularText } from '../base/regular-file.ts'
import { ConfigError } from '../config/setting.ts'
import {
  createAuthority,
  type Issued,
  isPermitted,
  issueServerCertificate,
  permittedNames,
} from '../crypto/certificate-authority.ts'
import { certificateFacts, parseCertificates } from '../crypto/certificates.ts'
import type { CommandInput } from './command.ts'
import { printNext, printResult } from './result.ts'

const OWNER_ONLY_FOLDER = 0o700
const OWNER_ONLY_FILE = 0o600
/** Certificates are public; a proxy of another user may have to read them. */
const PUBLIC_FILE = 0o644
/** Ten years. */
const AUTHORITY_DAYS = 3650
/** The services that clients of AWS call at Holdfast. */
const SERVICES = ['kms', 'sts', 'iam', 'cloudtrail']

/** `holdfast tls issue`: makes a certificate for a server, and at first an authority that is limited to its names. */
export async function issueTls(input: CommandInput): Promise<number> {
  const { flags } = input
  const folder = flags['folder'] ?? ''
  const names = wantedNames(input)
  const permits = (input.lists['permit'] ?? []).map((name) => name.toLowerCase())
  // A wildcard stands below its domain, which is what an authority is limited to.
  const allowed = [...new Set([...names, ...permits].map((name) => name.replace(/^\*\./, '')))]
  const file = flags['file'] ?? ''
  if (file === AUTHORITY_NAME) throw new ConfigError(`--file: expected another name than ${AUTHORITY_NAME}`)
  const { authority, isNew } = await usingGiven({ name: '--folder', path: folder }, () =>
    openAuthority(folder, allowed),
  )
  const permitted = permittedNames(authority.cert) ?? names
  const refused = allowed.filter((name) => !isPermitted(name, permitted))
  if (refused.length > 0)
    throw new ConfigError(
      `--name: expected names that the authority in '${folder}' is limited to (${permitted.join(', ')}); got ` +
        `'${refused.join(', ')}'. Use another folder for another authority`,
    )
  const validity = { now: systemClock.now(), days: Number(flags['days']), random: systemRandom }
  const issued = await issueServerCertificate(authority, names, validity)
  const paths = await usingGiven({ name: '--folder', path: folder }, () => writePair(folder, file, issued))
  const ca = join(folder, `${AUTHORITY_NAME}.crt`)
  const expires = new Date(certificateFacts(issued.cert).notAfter).toISOString()
  printResult(input, { authority: ca, isNew, permitted, names, ...paths, expires }, () => [
    `authority    ${ca}${isNew ? ' (new)' : ''}: limited to ${permitted.join(', ')}`,
    `certificate  ${paths.cert}: ${names.join(', ')}`,
    `private key  ${paths.key}`,
    `expires      ${expires}`,
  ])
  printNext(
    input,
    isNew
      ? `clients trust ${ca}; keep ${join(folder, AUTHORITY_NAME)}.key offline`
      : 'kill -HUP makes a running server read its certificates again',
  )
  return 0
}

/** The names of the certificate, in lower case: those that are given, and those of AWS's services in the given regions. */
function wantedNames({ lists }: CommandInput): readonly string[] {
  const ofRegions = (lists['aws-region'] ?? []).flatMap((region) =>
    SERVICES.map((service) => `${service}.${region}.amazonaws.com`),
  )
  const names = [...new Set([...(lists['name'] ?? []), ...ofRegions].map((name) => name.toLowerCase()))]
  if (names.length === 0) throw new ConfigError('--name: expected a name or --aws-region; got nothing')
  return names
}

type Authority = { readonly authority: Issued; readonly isNew: boolean }

async function openAuthority(folder: string, names: readonly string[]): Promise<Authority> {
  const path = join(folder, AUTHORITY_NAME)
  const cert = await readRegularText(`${path}.crt`).catch(ifMissing)
  if (cert === undefined) {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
    const validity = { now: systemClock.now(), days: AUTHORITY_DAYS, random: systemRandom }
    const authority = await createAuthority(names, validity)
    await writePair(folder, AUTHORITY_NAME, authority)
    return { authority, isNew: true }
  }
  const key = await readRegularText(`${path}.key`, { own: true, noLink: true })
  return { authority: { cert: parseCertificates(cert), key }, isNew: false }
}

function ifMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

/** The private key first: a server that reads in between finds a pair that does not fit, and keeps the one before. */
async function writePair(folder: string, name: string, { cert, key }: Issued): Promise<Issued> {
  const paths = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  await replaceFile(paths.key, key, OWNER_ONLY_FILE)
  await replaceFile(paths.cert, cert, PUBLIC_FILE)
  return paths
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(`${path}.new`, 'w', mode)
  try {
    await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
