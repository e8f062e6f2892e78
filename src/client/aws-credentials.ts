import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import https from 'node:https'
import { promisify } from 'node:util'
import { http } from '../base/http-module.ts'
import { parseJsonText } from '../base/json-text.ts'
import { type Clock, type EpochMs, systemClock, systemTimers } from '../base/ports.ts'
import type { Credentials } from '../sigv4/sign.ts'
import { ServiceError } from './service-error.ts'

/** Where credentials come from. */
export type CredentialSource =
  | ({ readonly kind: 'static' } & Credentials)
  | {
      readonly kind: 'web-identity'
      readonly tokenFile: string
      readonly roleArn: string
      readonly sessionName: string
    }
  | { readonly kind: 'process'; readonly command: string }

/** Gives credentials that are valid now. */
export type CredentialProvider = () => Promise<Credentials>

/** How the security token service is reached. */
export type StsOptions = {
  readonly stsEndpoint: string
  readonly ca?: string | undefined
  readonly clock?: Clock | undefined
}

/** Temporary credentials are replaced this long before they expire. */
const REFRESH_BEFORE_MS = 300_000
/** The time limit of a call of STS, and of a credential process. */
const SOURCE_TIMEOUT_MS = 30_000
/** The size limit of the answers of both. */
const SOURCE_MAX_BYTES = 65_536

type Timed = { readonly credentials: Credentials; readonly expiresAt: EpochMs }

/**
 * A provider that reads its source when it needs to: temporary credentials are read again {@link REFRESH_BEFORE_MS}
 * before they expire. Calls at the same time share one reading.
 */
export function openCredentials(source: CredentialSource, options: StsOptions): CredentialProvider {
  if (source.kind === 'static') {
    // One object for all calls: signing keys are kept by it.
    const credentials = source
    return async () => credentials
  }
  const clock = options.clock ?? systemClock
  let present: Timed | undefined
  let reading: Promise<Timed> | undefined
  return async () => {
    if (present !== undefined && clock.now() < present.expiresAt - REFRESH_BEFORE_MS)
      return present.credentials
    reading ??= (
      source.kind === 'process' ? runProcess(source.command) : assumeRole(source, options)
    ).finally(() => {
      reading = undefined
    })
    try {
      present = await reading
    } catch (error) {
      // Credentials that are still valid serve while their source does not answer.
      if (present === undefined || clock.now() >= present.expiresAt) throw error
    }
    return present.credentials
  }
}

/** Source: AWS SDKs and Tools Reference Guide, "Process credential provider". */
async function runProcess(command: string): Promise<Timed> {
  const run = promisify(execFile)
  const shell = ['-c', command]
  const answer = await run('/bin/sh', shell, {
    timeout: SOURCE_TIMEOUT_MS,
    maxBuffer: SOURCE_MAX_BYTES,
  }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Its output, which the error quotes, may hold credentials.
    throw new Error(`the credential_process failed${code === undefined ? '' : ` with status ${code}`}`)
  })
  const value = membersOf(parseJsonText(answer.stdout))
  if (value['Version'] !== 1) throw new Error('the credential_process did not print credentials of version 1')
  return parseTimed(
    { ...value, sessionToken: value['SessionToken'] },
    typeof value['Expiration'] === 'string' ? Date.parse(value['Expiration']) : Number.POSITIVE_INFINITY,
  )
}

type WebIdentity = Extract<CredentialSource, { readonly kind: 'web-identity' }>

/** The call is not signed: the token identifies its caller. Source: AWS STS API Reference, "AssumeRoleWithWebIdentity". */
async function assumeRole(
  { tokenFile, roleArn, sessionName }: WebIdentity,
  options: StsOptions,
): Promise<Timed> {
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
  })
  const { status, text } = await post(options, form.toString())
  const body = membersOf(parseJsonText(text))
  if (status !== 200) {
    const error = membersOf(body['Error'])
    throw new ServiceError({
      code: String(error['Code'] ?? 'UnknownError'),
      message: String(error['Message'] ?? ''),
      status,
      requestId: undefined,
    })
  }
  const response = membersOf(body['AssumeRoleWithWebIdentityResponse'])
  const found = membersOf(membersOf(response['AssumeRoleWithWebIdentityResult'])['Credentials'])
  return parseTimed({ ...found, sessionToken: found['SessionToken'] }, Number(found['Expiration']) * 1000)
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function parseTimed(found: Readonly<Record<string, unknown>>, expiresAt: EpochMs): Timed {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, sessionToken } = found
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || Number.isNaN(expiresAt))
    throw new Error('the source of credentials gave none')
  const token = typeof sessionToken === 'string' ? sessionToken : undefined
  return { credentials: { accessKeyId, secretAccessKey, sessionToken: token }, expiresAt }
}

function post(
  { stsEndpoint, ca }: StsOptions,
  form: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const secure = stsEndpoint.startsWith('https:')
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(form),
    accept: 'application/json',
  }
  return new Promise((resolve, reject) => {
    const request = secure
      ? https.request(stsEndpoint, { method: 'POST', headers, ca })
      : http.request(stsEndpoint, { method: 'POST', headers })
    const deadline = systemTimers.after(SOURCE_TIMEOUT_MS, () => {
      request.destroy(new Error(`no answer from STS within ${SOURCE_TIMEOUT_MS} ms`))
    })
    const fail = (error: Error): void => {
      deadline.cancel()
      reject(error)
    }
    request.on('error', fail)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', fail)
      response.on('data', (chunk: unknown) => {
        text += String(chunk)
        if (text.length > SOURCE_MAX_BYTES) request.destroy(new Error('the answer of STS is too long'))
      })
      response.on('end', () => {
        deadline.cancel()
        resolve({ status: response.statusCode ?? 0, text })
      })
    })
    request.end(form)
  })
}
