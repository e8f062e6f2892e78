import { accountRootArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import { blob, instant, text } from '../../api/shapes.ts'
import { utf8 } from '../../base/bytes.ts'
import type { EpochMs } from '../../base/ports.ts'
import { csvField } from '../../base/table.ts'
import { ACCOUNT, ACCOUNTS, rootKeyIds } from '../accounts/account.ts'
import { ACCESS_KEY, ACCESS_KEYS } from '../credentials/access-key.ts'
import { findLoginProfile, passwordExpiry } from '../credentials/login-profile.ts'
import { findPasswordPolicy, type PasswordPolicyValue } from '../credentials/password-policy.ts'
import { pathedArn } from '../entities/arns.ts'
import { readCounts } from '../entities/entities.ts'
import { ON_ACCOUNT } from '../entities/finders.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { timestamp } from '../iam-outputs.ts'
import { read, USER, type UserValue } from '../iam-records.ts'

/** The most users of a report: it is one answer, of some 300 bytes for each. AWS has 5,000 in an account. */
export const USERS_MAX = 10_000
/** Whole records that are open at once: they contain policies. */
const USERS_AT_ONCE = 10
const KEYS = 2

/** Source: IAM User Guide, "Generate credential reports for your AWS account", for names and values. */
const COLUMNS = [
  ...['user', 'arn', 'user_creation_time', 'password_enabled', 'password_last_used', 'password_last_changed'],
  ...['password_next_rotation', 'mfa_active'],
  ...['access_key_1_active', 'access_key_1_last_rotated', 'access_key_1_last_used_date'],
  ...['access_key_1_last_used_region', 'access_key_1_last_used_service'],
  ...['access_key_2_active', 'access_key_2_last_rotated', 'access_key_2_last_used_date'],
  ...['access_key_2_last_used_region', 'access_key_2_last_used_service'],
  ...['cert_1_active', 'cert_1_last_rotated', 'cert_2_active', 'cert_2_last_rotated'],
]
const NONE = 'N/A'
const ROOT_PASSWORD = ['not_supported', 'no_information', 'not_supported', 'not_supported']
const NO_PASSWORD = ['false', NONE, NONE, NONE]
const NEVER_USED = 'no_information'
const NO_KEY = ['false', NONE, NONE, NONE, NONE]
const NO_CERTIFICATES = ['false', NONE, 'false', NONE]

/** No report is stored: each request makes it. */
const generateCredentialReport = iamOperation(
  {
    name: 'GenerateCredentialReport',
    readOnly: true,
    input: {},
    output: { State: text() },
    find: ON_ACCOUNT,
  },
  async ({ call, dependencies }) => {
    await checkSize(dependencies, call.caller.account)
    return { output: { State: 'COMPLETE' } }
  },
)

const getCredentialReport = iamOperation(
  {
    name: 'GetCredentialReport',
    readOnly: true,
    input: {},
    output: { Content: blob(), ReportFormat: text(), GeneratedTime: instant() },
    find: ON_ACCOUNT,
  },
  async ({ call, dependencies }) => {
    const { account } = call.caller
    await checkSize(dependencies, account)
    const lines = [
      COLUMNS.join(','),
      ...(await rootLine(dependencies, account)),
      ...(await userLines(dependencies, account)),
    ]
    return {
      output: {
        Content: utf8(lines.join('\n')),
        ReportFormat: 'text/csv',
        GeneratedTime: timestamp(call.now),
      },
    }
  },
)

/** @throws LimitExceededException for an account with more users than {@link USERS_MAX}. */
export async function checkSize(
  { records }: Pick<IamDependencies, 'records'>,
  account: string,
): Promise<void> {
  const { users } = await readCounts(records, account)
  if (users <= USERS_MAX) return
  const message = `A credential report has at most ${USERS_MAX} users, and the account has ${users}.`
  throw new KmsError('LimitExceededException', message)
}

async function rootLine(dependencies: IamDependencies, account: string): Promise<readonly string[]> {
  const record = await read(dependencies.records, ACCOUNT, ACCOUNTS, account)
  if (record === undefined) return []
  const { value } = record
  const who = ['<root_account>', accountRootArn(account), moment(value.createdAt)]
  return [
    line(
      who,
      [...ROOT_PASSWORD, String((value.rootMfaDevices ?? []).length > 0)],
      await keyFields(dependencies, rootKeyIds(value)),
    ),
  ]
}

async function userLines(dependencies: IamDependencies, account: string): Promise<readonly string[]> {
  const lines: string[] = []
  const policy = await findPasswordPolicy(dependencies.records, account)
  let after: string | undefined
  do {
    const page = await dependencies.records.list(USER, { partition: account, after, limit: USERS_AT_ONCE })
    for (const { value } of page.records) {
      const who = [value.name, pathedArn(account, 'user', value), moment(value.createdAt)]
      const secrets = [...(await passwordFields(dependencies, account, policy, value)), String(hasMfa(value))]
      lines.push(line(who, secrets, await keyFields(dependencies, value.accessKeys)))
      await dependencies.giveWay()
    }
    after = page.next
  } while (after !== undefined)
  return lines.sort()
}

async function passwordFields(
  { records }: IamDependencies,
  account: string,
  policy: PasswordPolicyValue | undefined,
  { id, hasPassword, passwordLastUsed }: UserValue,
): Promise<readonly string[]> {
  const profile = hasPassword ? await findLoginProfile(records, account, id) : undefined
  if (profile === undefined) return NO_PASSWORD
  const expiry = passwordExpiry(profile.value, policy)
  const next = expiry === undefined ? NONE : moment(expiry)
  const used = passwordLastUsed === undefined ? NEVER_USED : moment(passwordLastUsed)
  return ['true', used, moment(profile.value.changedAt), next]
}

function hasMfa({ mfaDevices = [] }: UserValue): boolean {
  return mfaDevices.length > 0
}

async function keyFields(dependencies: IamDependencies, ids: readonly string[]): Promise<readonly string[]> {
  const fields: string[] = []
  for (const id of ids) {
    const key = await read(dependencies.records, ACCESS_KEY, ACCESS_KEYS, id)
    if (key === undefined) continue
    const { value } = key
    const use = await dependencies.keyUses.find(id)
    fields.push(String(value.status === 'Active'), moment(value.createdAt))
    fields.push(...(use === undefined ? [NONE, NONE, NONE] : [moment(use.at), use.region, use.service]))
  }
  while (fields.length < KEYS * NO_KEY.length) fields.push(...NO_KEY)
  return fields
}

/** @param secrets the fields of the password, and whether there is MFA. */
function line(who: readonly string[], secrets: readonly string[], keys: readonly string[]): string {
  return [...who.map(csvField), ...secrets, ...keys, ...NO_CERTIFICATES].join(',')
}

/** `2026-11-25T04:03:40+00:00`. */
function moment(at: EpochMs): string {
  return timestamp(at).replace('Z', '+00:00')
}

/** The credentials of an account's users. Source: IAM API Reference, "GetCredentialReport". */
export const CREDENTIAL_REPORT_OPERATIONS: readonly IamOperation[] = [
  generateCredentialReport,
  getCredentialReport,
]
