import { answer, boolean, integer, list, optional, text, type ValueOf } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { type GiveWay, inSlices, sortInSlices } from '../base/slices.ts'
import { type Access, accessSteps, operationsOn } from '../compliance/access.ts'
import type { ReportedGrant } from '../compliance/facts.ts'
import { reportKey } from '../compliance/gather/keys.ts'
import { reportPrincipals } from '../compliance/gather/principals.ts'
import type { KeyPlace } from '../kms/keys/key-materials.ts'
import { findOwnKey, KEY_INPUT, keyNotFound } from './own-key.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'
import { formatUsageToken, parseUsageToken } from './usage-token.ts'

const PRINCIPALS_MAX = 1000
const PRINCIPALS_DEFAULT = 100
const TOKEN_MAX_CHARS = 16_384
/** Grants of one principal that an answer shows; the rest is counted. */
const GRANTS_MAX = 20

const INPUT = {
  ...KEY_INPUT,
  MaxResults: optional(integer({ min: 1, max: PRINCIPALS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}
const GRANT = answer({ GrantId: text(), Operations: list(text()), Constrained: boolean() })
const PRINCIPAL = answer({
  PrincipalArn: text(),
  AllowedOperations: list(text()),
  Grants: list(GRANT),
  MoreGrants: integer(),
})
const OUTPUT = {
  KeyArn: text(),
  Operations: list(text()),
  Principals: list(PRINCIPAL),
  Matches: integer(),
  NextToken: text(),
}

type AccessInvocation = Invocation<typeof INPUT, KeyPlace>
type Row = { readonly arn: string; readonly allowed: readonly string[]; readonly grants: ReportedGrant[] }

/** Which users and roles may use and administer a key, by policies and grants. */
export const listKeyAccess = usageOperation(
  { name: 'ListKeyAccess', input: INPUT, output: OUTPUT, find: findOwnKey },
  async ({ call, input, dependencies, subject }: AccessInvocation) => {
    const { records, giveWay } = dependencies
    const sources = { records, giveWay, touches: async () => [], withGrants: true }
    const key = await reportKey(sources, subject, call.now)
    if (key === undefined) throw keyNotFound(subject.keyId)
    const asked = utf8(JSON.stringify(['access', key.arn]))
    const after = parseUsageToken(input.NextToken, asked)?.after ?? ''
    const principals = await reportPrincipals(records, giveWay, [key.account])
    const access = await inSlices(accessSteps(key, principals), giveWay)
    const rows = await rowsOf(access, key.grants, giveWay)
    const limit = input.MaxResults ?? PRINCIPALS_DEFAULT
    const rest = rows.filter(({ arn }) => arn > after)
    const page = rest.slice(0, limit)
    const last = rest.length > limit ? page.at(-1)?.arn : undefined
    const range = { fromMs: 0, toMs: 0 }
    return {
      output: {
        KeyArn: key.arn,
        Operations: operationsOn(key),
        Principals: page.map(rowAnswer),
        Matches: rows.length,
        NextToken: last && formatUsageToken({ range, after: last }, asked),
      },
    }
  },
)

/** The principals that policies or grants allow anything, sorted by ARN. */
async function rowsOf(
  access: readonly Access[],
  grants: readonly ReportedGrant[],
  giveWay: GiveWay,
): Promise<readonly Row[]> {
  const rows = new Map<string, Row>()
  for (const { principal, uses, administration } of access) {
    const { arn } = principal
    rows.set(arn, { arn, allowed: [...uses, ...administration], grants: [] })
  }
  for (const grant of grants) {
    const wait = giveWay()
    if (wait !== undefined) await wait
    const arn = grant.grantee
    const row = rows.get(arn) ?? { arn, allowed: [], grants: [] }
    row.grants.push(grant)
    rows.set(arn, row)
  }
  return sortInSlices([...rows.values()], (one, other) => (one.arn < other.arn ? -1 : 1), giveWay)
}

function rowAnswer({ arn, allowed, grants }: Row): ValueOf<typeof PRINCIPAL> {
  const Grants = grants.slice(0, GRANTS_MAX).map(({ id, operations, constrained }) => ({
    GrantId: id,
    Operations: operations,
    Constrained: constrained,
  }))
  return {
    PrincipalArn: arn,
    AllowedOperations: allowed,
    Grants,
    MoreGrants: grants.length - Grants.length,
  }
}
