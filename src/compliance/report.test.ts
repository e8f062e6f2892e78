import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ACCOUNT,
  DAY,
  DEFAULT_POLICY,
  policyText,
  TODAY,
  testGrant,
  testKey,
  testTouch,
  testUser,
  userArn,
} from '../../test/support/reported-keys.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { ReportedAccessKey, ReportedKey, ReportedPrincipal } from './facts.ts'
import { CHECKS, type Finding } from './finding.ts'
import { groupFindings } from './finding-groups.ts'
import { escapeHtml } from './html.ts'
import { type CustodyRisk, formatReport, goneKeys, makeReport, parseReport, type Report } from './report.ts'
import { formatReportHtml } from './report-html.ts'

const OTHER = '444455556666'
const DAY_TEXT = '2026-11-25'

function reportOf(
  keys: readonly ReportedKey[],
  more: {
    readonly principals?: readonly ReportedPrincipal[]
    readonly accessKeys?: readonly ReportedAccessKey[]
    readonly previous?: Report
    readonly gone?: ReadonlyMap<string, ReportedKey['touches']>
    readonly unusedDays?: number
    readonly custody?: readonly CustodyRisk[]
  } = {},
): Report {
  const { principals = [], accessKeys = [], previous, gone = new Map(), unusedDays = 90, custody = [] } = more
  return makeReport({
    ...{ day: DAY_TEXT, unusedDays, keys, principals, accessKeys, goneTouches: gone, custody },
    previous: previous && { report: previous, sha256: 'x' },
  })
}

function found(
  check: Finding['check'],
  key: Partial<ReportedKey>,
  principals: readonly ReportedPrincipal[] = [],
) {
  return reportOf([testKey(key)], { principals }).findings.filter((finding) => finding.check === check)
}

function withPolicy(...statements: readonly object[]): Pick<ReportedKey, 'policyText' | 'policy'> {
  const text = policyText(...statements)
  return { policyText: text, policy: parsePolicy(text, { flavour: 'key' }) }
}

const OPEN = { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }
const PUT = testTouch({ operation: 'PutKeyPolicy', eventId: 'put' })

test('risks of the unlock paths of the root key come first', () => {
  const custody = [{ severity: 'high', text: 'a key in the data folder opens the root key' }] as const
  const { findings, counts } = reportOf([testKey({ ...withPolicy(OPEN) })], { custody })
  assert.deepEqual(findings[0], {
    ...{ check: 'root-key-custody', resource: 'root key', details: [], events: [] },
    ...custody[0],
  })
  assert.equal(counts['root-key-custody'], 1)
})

test('a key that its policy opens to everyone is found, with its conditions and the event that put the policy', () => {
  const [open] = found('open-to-everyone', { ...withPolicy(OPEN), touches: [PUT] })
  assert.equal(open?.severity, 'high')
  assert.deepEqual(open?.details, ['statement 1 allows * kms:Decrypt, without conditions'])
  assert.deepEqual(
    open?.events.map(({ eventId }) => eventId),
    ['put'],
  )
  const Condition = { StringEquals: { 'kms:CallerAccount': ACCOUNT } }
  const [narrow] = found('open-to-everyone', withPolicy({ ...OPEN, Sid: 'Mine', Condition }))
  assert.equal(narrow?.severity, 'low')
  assert.match(
    narrow?.details[0] ?? '',
    /^statement 1 Mine allows .*, when StringEquals kms:CallerAccount "1/,
  )
  const [denied] = found(
    'open-to-everyone',
    withPolicy(OPEN, { ...OPEN, Effect: 'Deny', Action: 'kms:Encrypt' }),
  )
  assert.match(denied?.details[1] ?? '', /1 statement that denies, which/)
  assert.equal(found('open-to-everyone', withPolicy({ ...OPEN, Effect: 'Deny' })).length, 0)
  assert.equal(
    found('open-to-everyone', withPolicy({ ...OPEN, Resource: 'arn:aws:kms:*:*:key/x' })).length,
    0,
  )
  assert.equal(found('open-to-everyone', {}).length, 0)
})

test('a key that its policy or a grant opens to other accounts is found', () => {
  const AWS = [`arn:aws:iam::${OTHER}:root`, userArn('eve', OTHER), userArn('ada')]
  const [open] = found('open-to-accounts', withPolicy({ ...OPEN, Principal: { AWS } }))
  assert.equal(open?.severity, 'medium')
  assert.match(open?.text ?? '', /^open to 2 principals/)
  const grants = [testGrant(userArn('eve', OTHER)), testGrant(userArn('ada')), testGrant('s3.amazonaws.com')]
  const [granted] = found('open-to-accounts', { grants })
  assert.equal(granted?.details.length, 1)
  assert.match(granted?.details[0] ?? '', /^grant a{64} allows arn:aws:iam::444455556666:user\/eve Decrypt$/)
  assert.equal(found('open-to-accounts', {}).length, 0)
})

const USER_POLICY = policyText({
  Effect: 'Allow',
  Action: ['kms:Decrypt', 'kms:PutKeyPolicy'],
  Resource: '*',
})

test('a principal who can administer and use the same key is found as the policies decide', () => {
  const [both] = found('separation-of-duties', {}, [testUser('ada', USER_POLICY)])
  assert.deepEqual(both?.details, [`${userArn('ada')} may use it (Decrypt) and administer it (PutKeyPolicy)`])
  const only = policyText({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' })
  assert.equal(found('separation-of-duties', {}, [testUser('ada', only)]).length, 0)
  const deny = { ...OPEN, Effect: 'Deny', Principal: { AWS: userArn('ada') } }
  const policy = withPolicy(...JSON.parse(DEFAULT_POLICY).Statement, deny)
  assert.equal(found('separation-of-duties', policy, [testUser('ada', USER_POLICY)]).length, 0)
  assert.equal(found('separation-of-duties', {}, [testUser('ada', USER_POLICY, OTHER)]).length, 0)
})

test('a symmetric key without automatic rotation is found, unless it is going or cannot rotate', () => {
  assert.equal(found('rotation-off', {}).length, 1)
  assert.equal(found('rotation-off', { rotation: { periodDays: 365, nextAt: 0 } }).length, 0)
  assert.equal(found('rotation-off', { spec: 'RSA_2048' }).length, 0)
  assert.equal(found('rotation-off', { origin: 'EXTERNAL' }).length, 0)
  assert.equal(found('rotation-off', { state: 'PendingDeletion' }).length, 0)
})

test('a key counts as unused from the day on that is asked for', () => {
  const since = (days: number) => ({ touches: [testTouch({ lastSecond: TODAY - days * DAY })] })
  assert.equal(found('unused-key', since(89)).length, 0)
  const [unused] = found('unused-key', since(90))
  assert.deepEqual([unused?.text, unused?.events.length], ['not used for 90 days', 1])
  const made = (days: number) => ({ createdAt: (TODAY - days * DAY) * 1000 })
  assert.equal(found('unused-key', made(89)).length, 0)
  assert.equal(found('unused-key', made(90))[0]?.text, 'never used since it was made 90 days ago')
  const failed = { ...made(90), touches: [testTouch({ failed: true })] }
  assert.equal(found('unused-key', failed).length, 1)
})

test('a permission that policies or a grant give counts as unused when its holder has not used the key', () => {
  const ada = [testUser('ada', USER_POLICY)]
  const old = { ...testGrant(userArn('bob')), createdAt: (TODAY - 90 * DAY) * 1000 }
  const [unused] = found('unused-permission', { grants: [old] }, ada)
  assert.deepEqual(unused?.details, [
    `${userArn('ada')} (Decrypt): never`,
    `grant ${'a'.repeat(64)} to ${userArn('bob')}: never`,
  ])
  const touches = [testTouch(), testTouch({ principal: userArn('bob') })]
  assert.equal(found('unused-permission', { grants: [old], touches }, ada).length, 0)
  const [late] = found('unused-permission', { touches: [testTouch({ lastSecond: TODAY - 91 * DAY })] }, ada)
  assert.deepEqual([late?.details.length, late?.events[0]?.eventId], [1, 'e1'])
  assert.match(late?.details[0] ?? '', /: 91 days ago$/)
  assert.equal(found('unused-permission', { createdAt: (TODAY - 89 * DAY) * 1000 }, ada).length, 0)
  const fresh = { ...old, createdAt: (TODAY - 89 * DAY) * 1000 }
  assert.equal(found('unused-permission', { grants: [fresh] }).length, 0)
  assert.equal(found('unused-permission', { grants: [{ ...old, operations: ['DescribeKey'] }] }).length, 0)
})

test('a grant counts as used by anybody of an account, and by any session of a role', () => {
  const by = (grantee: string, principal: string) => {
    const old = { ...testGrant(grantee), createdAt: 0 }
    return found('unused-permission', { grants: [old], touches: [testTouch({ principal })] }).length === 0
  }
  assert.ok(by(`arn:aws:iam::${ACCOUNT}:root`, userArn('ada')))
  assert.ok(by(`arn:aws:sts::${ACCOUNT}:assumed-role/app/one`, `arn:aws:iam::${ACCOUNT}:role/team/app`))
  assert.ok(!by(`arn:aws:sts::${ACCOUNT}:assumed-role/app/one`, `arn:aws:iam::${ACCOUNT}:role/other`))
  assert.ok(!by(`arn:aws:sts::${OTHER}:assumed-role/app/one`, `arn:aws:iam::${ACCOUNT}:role/app`))
  assert.ok(!by('s3.amazonaws.com', userArn('ada')))
})

test('imported material that is missing, or expires within 30 days, is found', () => {
  const expires = (days: number) => ({
    origin: 'EXTERNAL',
    materials: [
      {
        ...{ materialId: 'm1', state: 'CURRENT' as const, createdAt: 0, currentAt: 0, present: true },
        validTo: (TODAY + days * DAY) * 1000,
      },
    ],
  })
  assert.equal(found('imported-material', expires(30)).length, 1)
  assert.equal(found('imported-material', expires(31)).length, 0)
  assert.equal(found('imported-material', { ...expires(1), origin: 'AWS_KMS' }).length, 0)
  assert.match(
    found('imported-material', { origin: 'EXTERNAL', state: 'PendingImport' })[0]?.text ?? '',
    /missing/,
  )
})

test('keys that are disabled or waiting for deletion are found, with who did it', () => {
  const touches = [
    testTouch({ operation: 'ScheduleKeyDeletion', eventId: 'sched' }),
    testTouch({ operation: 'DisableKey', eventId: 'dis' }),
  ]
  const [going] = found('pending-deletion', {
    state: 'PendingDeletion',
    deletionAt: (TODAY + DAY) * 1000,
    touches,
  })
  assert.deepEqual([going?.text, going?.events[0]?.eventId], ['is deleted at 2026-11-26T00:00:00Z', 'sched'])
  assert.match(
    found('pending-deletion', { state: 'PendingReplicaDeletion' })[0]?.text ?? '',
    /after its replicas/,
  )
  assert.equal(found('disabled', { state: 'Disabled', touches })[0]?.events[0]?.eventId, 'dis')
})

test('access keys are found that are older than 90 days, or were not used', () => {
  const key = (more: Partial<ReportedAccessKey>) => ({
    ...{ id: 'AKIA1', account: ACCOUNT, owner: userArn('ada'), active: true, lastEvent: undefined },
    ...{ createdAt: (TODAY - 10 * DAY) * 1000, lastUsedAt: undefined },
    ...more,
  })
  const checks = (more: Partial<ReportedAccessKey>) =>
    reportOf([], { accessKeys: [key(more)] }).findings.map(({ check }) => check)
  const at = (days: number) => (TODAY - days * DAY) * 1000
  assert.deepEqual(checks({}), [])
  assert.deepEqual(checks({ createdAt: at(90), lastUsedAt: at(1) }), [])
  assert.deepEqual(checks({ createdAt: at(91), lastUsedAt: at(1) }), ['access-key-old'])
  assert.deepEqual(checks({ createdAt: at(91) }), ['access-key-old', 'access-key-unused'])
  assert.deepEqual(checks({ createdAt: at(90), lastUsedAt: at(89) }), [])
  assert.deepEqual(checks({ createdAt: at(90), lastUsedAt: at(90) }), ['access-key-unused'])
  assert.deepEqual(checks({ createdAt: at(1000), active: false }), [])
})

test('changes since the report before are found, with the events that made them', () => {
  const [kept, gone, fresh] = ['1', '2', '3'].map((n) => ({
    keyId: `00000000-0000-4000-8000-00000000000${n}`,
  }))
  const access = {
    account: ACCOUNT,
    owner: userArn('ada'),
    createdAt: 0,
    lastUsedAt: undefined,
    lastEvent: undefined,
  }
  const before = reportOf([testKey(kept), testKey(gone)], {
    accessKeys: [
      { ...access, id: 'AKIA1', active: true },
      { ...access, id: 'AKIA2', active: true },
    ],
  })
  const touches = [
    PUT,
    ...['EnableKeyRotation', 'DisableKey', 'CreateGrant', 'RotateKeyOnDemand', 'CreateAlias'].map(
      (operation) => testTouch({ operation, eventId: operation }),
    ),
  ]
  const material = { materialId: 'm', state: 'CURRENT', createdAt: 0, currentAt: 0, present: true } as const
  const now = [
    testKey({
      ...kept,
      ...withPolicy(OPEN),
      ...{ touches, state: 'Disabled', aliases: ['alias/a'], materials: [material] },
      rotation: { periodDays: 90, nextAt: 0 },
      grants: [testGrant(userArn('ada'))],
    }),
    testKey({ ...fresh, touches: [testTouch({ operation: 'CreateKey', eventId: 'made' })] }),
  ]
  const lost = testKey(gone).arn
  assert.deepEqual(goneKeys(before, now), [lost])
  const { changes, previous } = reportOf(now, {
    previous: before,
    gone: new Map([[lost, [testTouch({ operation: 'DeleteKey', eventId: 'del' })]]]),
    accessKeys: [
      { ...access, id: 'AKIA1', active: false },
      { ...access, id: 'AKIA3', active: true },
    ],
  })
  assert.equal(previous?.day, DAY_TEXT)
  assert.deepEqual(
    changes.map(({ what, text, events }) => [what, text, events.map(({ eventId }) => eventId).join()]),
    [
      ['changed', 'policy changed', 'put'],
      ['changed', 'state changed from Enabled to Disabled', 'DisableKey'],
      ['changed', 'rotation period in days changed from none to 90', 'EnableKeyRotation'],
      ['changed', 'number of materials changed from 0 to 1', 'RotateKeyOnDemand'],
      ['changed', 'aliases changed from none to alias/a', 'CreateAlias'],
      ['changed', 'grants changed', 'CreateGrant'],
      ['added', 'key added: SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT', 'made'],
      ['removed', 'key deleted', 'del'],
      ['changed', 'access key deactivated', ''],
      ['added', `access key added, of ${userArn('ada')}`, ''],
      ['removed', `access key deleted, of ${userArn('ada')}`, ''],
    ],
  )
})

test('equal facts give the same bytes, whatever their order, and a file is read as it was written', () => {
  const keys = ['1', '2', '3'].map((n) => testKey({ keyId: `00000000-0000-4000-8000-00000000000${n}` }))
  const [one, other] = [reportOf(keys), reportOf(keys.toReversed())]
  assert.equal(formatReport(one), formatReport(other))
  assert.equal(formatReportHtml(one), formatReportHtml(other))
  assert.deepEqual(parseReport(formatReport(one)), one)
  assert.throws(() => parseReport('{"format":2}'), /another format/)
})

test('details beyond the limit are counted', () => {
  const users = (count: number) => Array.from({ length: count }, (_, at) => testUser(`u${at}`, USER_POLICY))
  assert.equal(found('separation-of-duties', {}, users(200))[0]?.details.length, 200)
  assert.deepEqual(found('separation-of-duties', {}, users(202))[0]?.details.slice(200), ['and 2 more'])
})

test('a page has a section for each check that found something, and no scripts', () => {
  const page = formatReportHtml(reportOf([testKey(withPolicy(OPEN))]))
  assert.ok(page.includes(`<h2>${CHECKS['open-to-everyone'].title}</h2>`))
  assert.ok(!page.includes(`<h2>${CHECKS.disabled.title}</h2>`))
  assert.ok(!/<script|javascript:|\son[a-z]+=|<link|<img|src=|href=/i.test(page))
  assert.match(page, /default-src 'none'/)
})

test('findings that say the same are one group, and those that differ in numbers too, each with its own text', () => {
  const key = (n: number, more: Partial<ReportedKey> = {}) =>
    testKey({
      ...{ keyId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, createdAt: TODAY * 1000 },
      arn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${n}`,
      ...more,
    })
  const many = Array.from({ length: 58 }, (_, n) => key(n))
  const old = [key(100, { createdAt: (TODAY - 300 * DAY) * 1000 }), key(101, { createdAt: 0 })]
  const { findings } = reportOf([...many, ...old, key(102, withPolicy(OPEN))])
  const groups = (check: Finding['check']) =>
    groupFindings(findings.filter((finding) => finding.check === check)).map(
      ({ severity, text, members }) => [severity, text, members.length],
    )
  assert.deepEqual(groups('rotation-off'), [['medium', 'automatic rotation is off', 61]])
  assert.deepEqual(groups('unused-key'), [['low', undefined, 2]])
  assert.deepEqual(groups('open-to-everyone'), [['high', 'the key policy allows every principal', 1]])
  const page = formatReportHtml(reportOf([...many, ...old]))
  assert.equal(page.split('automatic rotation is off').length - 1, 1)
  assert.ok(page.includes('60 keys: automatic rotation is off'))
  assert.ok(page.includes('never used since it was made 300 days ago'))
})

test('a page counts severities, and shows what a key is called beside its ARN', () => {
  const named = testKey({
    aliases: ['alias/orders', 'alias/old'],
    description: 'of orders',
    ...withPolicy(OPEN),
  })
  const report = reportOf([named])
  const page = formatReportHtml(report)
  const high = report.findings.filter(({ severity }) => severity === 'high').length
  assert.ok(page.includes(`<li class="high"><b>${high}</b> high</li>`))
  assert.ok(page.includes(`<span class="name">alias/orders, alias/old</span><br><code>${named.arn}</code>`))
  assert.ok(
    formatReportHtml(reportOf([testKey({ description: 'of orders' })])).includes(
      '<span class="name">of orders',
    ),
  )
  for (const { todo, verify } of Object.values(CHECKS)) assert.ok(todo.length > 20 && verify.length > 20)
})

test('hostile texts leave the markup of a page as it is', () => {
  const markup = (text: string): string => {
    const key = testKey({
      ...{ description: text, aliases: [`alias/${text}`], state: 'Disabled', createdAt: TODAY * 1000 },
      ...withPolicy({ ...OPEN, Sid: text }),
      touches: [testTouch({ principal: text, operation: 'DisableKey', eventId: text })],
    })
    return formatReportHtml(reportOf([key])).replaceAll(/>[^<]*</g, '><')
  }
  const plain = markup('text')
  const hostile = [
    '</td><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '<!--',
    ']]>',
    '&lt;',
    "' onload='",
  ]
  for (const text of hostile) assert.equal(markup(text), plain, text)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeHtml(text)
      assert.doesNotMatch(escaped, /[<>"'\p{Cc}\p{Cf}]/u)
      assert.doesNotMatch(escaped, /&(?!amp;|lt;|gt;|quot;|#39;)/)
    }),
  )
})
