import { LEGACY_PARSING, SYNTAX_ERRORS } from '../../../src/policy/syntax-error.ts'
import type { Fields } from '../../support/policies.ts'

/** Where a document is put. */
export type Place = 'identity' | 'session' | 'scp' | 'rcp' | 'trust' | 'key'

/** A document that people have, and what is said when it is put. */
export type DocumentRow = {
  readonly what: string
  readonly place: Place
  readonly text: string
  /** {@link ACCEPTED}, {@link REFUSED}, or the text of MalformedPolicyDocument. */
  readonly expected: string
}

/** The document is taken. */
export const ACCEPTED = 'accepted'
/** The document is refused in words of ours: nothing is recorded of what KMS says. */
export const REFUSED = 'refused'

/** The account that there is in every deployment of the tests. */
const ACCOUNT = '000000000000'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`

const IDENTITY = { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }
const BASES: Readonly<Record<Place, Fields>> = {
  identity: IDENTITY,
  session: IDENTITY,
  scp: IDENTITY,
  rcp: { ...IDENTITY, Principal: '*' },
  trust: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' },
  key: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' },
}

type Expected = Partial<Readonly<Record<Place, string>>>

const IN_IAM = (expected: string): Expected => ({
  identity: expected,
  session: expected,
  scp: expected,
  rcp: expected,
})
const IN_ALL = (expected: string): Expected => ({ ...IN_IAM(expected), trust: expected, key: expected })
/** Refused everywhere, by KMS in words of ours. */
const NOWHERE = (expected: string): Expected => ({ ...IN_ALL(expected), key: REFUSED })

/** What is changed of a plain document: one statement or several in its place, elements of the policy. */
type Change = {
  readonly statement?: Fields
  readonly statements?: readonly Fields[]
  readonly policy?: Fields
}

type Line = readonly [string, Change, Expected]

/** JSON text that `JSON.stringify` does not write: `"@1e3"` becomes `1e3`. */
function documentText(place: Place, { statement, statements, policy }: Change): string {
  const base = BASES[place]
  const Statement = statements?.map((each) => ({ ...base, ...each })) ?? [{ ...base, ...statement }]
  return JSON.stringify({ Version: '2012-10-17', Statement, ...policy }).replace(/"@([^"]*)"/g, '$1')
}

const PLACES = ['identity', 'session', 'scp', 'rcp', 'trust', 'key'] as const

function rows(lines: readonly Line[]): readonly DocumentRow[] {
  return lines.flatMap(([what, change, expected]) =>
    PLACES.flatMap((place) => {
      const said = expected[place]
      return said === undefined
        ? []
        : [{ what: `${what} (${place})`, place, text: documentText(place, change), expected: said }]
    }),
  )
}

const when = (operator: string, values: unknown, key = 'aws:PrincipalArn'): Change => ({
  statement: { Condition: { [operator]: { [key]: values } } },
})
const acting = (actions: unknown): Change => ({ statement: { Action: actions } })
const on = (resources: unknown): Change => ({ statement: { Resource: resources } })
const trusting = (principal: unknown, more: Fields = {}): Change => ({
  statement: { Principal: principal, ...more },
})

/** What Terraform, the policy generator, the CDK, eksctl and AWS's own policies write. */
const TOOLS: readonly Line[] = [
  ['a plain document', {}, IN_ALL(ACCEPTED)],
  [
    'several statements with an empty Sid, as Terraform writes them',
    { statements: [{ Sid: '' }, { Sid: '' }] },
    IN_ALL(ACCEPTED),
  ],
  [
    'an Id, as the policy generator writes it',
    { policy: { Id: 'Policy1415115909152' }, statement: { Sid: 'Stmt1415115905382' } },
    { ...IN_ALL(ACCEPTED), scp: SYNTAX_ERRORS, rcp: SYNTAX_ERRORS },
  ],
  ['an empty Id', { policy: { Id: '' } }, { identity: ACCEPTED, trust: ACCEPTED, key: ACCEPTED }],
  [
    'one statement instead of a list',
    { policy: { Statement: BASES.identity } },
    { identity: ACCEPTED, session: ACCEPTED, scp: ACCEPTED },
  ],
  ['one statement of a trust policy', { policy: { Statement: BASES.trust } }, { trust: ACCEPTED }],
  ['lists of one', { statement: { Action: ['kms:Encrypt'], Resource: ['*'] } }, IN_IAM(ACCEPTED)],
  ['an empty condition, as CloudFormation writes it', { statement: { Condition: {} } }, IN_ALL(ACCEPTED)],
  ['an operator without keys', { statement: { Condition: { Bool: {} } } }, IN_ALL(ACCEPTED)],
  ['a boolean without quotes', when('Bool', true, 'aws:SecureTransport'), IN_ALL(ACCEPTED)],
  ['a boolean in capitals', when('Bool', 'TRUE', 'aws:SecureTransport'), IN_ALL(ACCEPTED)],
  ['a number without quotes', when('NumericLessThan', 300, 'aws:MultiFactorAuthAge'), IN_ALL(ACCEPTED)],
  ['a list of scalars', when('StringEquals', ['a', 1, true], 'aws:PrincipalTag/x'), IN_ALL(ACCEPTED)],
  ['1e3 without quotes', when('NumericLessThan', '@1e3', 'aws:MultiFactorAuthAge'), IN_ALL(ACCEPTED)],
  ['1.5E+2 in quotes', when('NumericLessThan', '1.5E+2', 'aws:MultiFactorAuthAge'), IN_ALL(ACCEPTED)],
  ['25e-1', when('NumericEquals', '@25e-1', 'aws:MultiFactorAuthAge'), IN_ALL(ACCEPTED)],
  ['ForAllValues:Null', when('ForAllValues:Null', 'false', 'aws:TagKeys'), IN_ALL(ACCEPTED)],
  ['ForAnyValue:Null', when('ForAnyValue:Null', true, 'aws:TagKeys'), IN_ALL(ACCEPTED)],
  ['Null in capitals', when('Null', 'True', 'aws:TagKeys'), IN_ALL(ACCEPTED)],
  ['a set operator with IfExists', when('ForAnyValue:StringLikeIfExists', '*'), IN_ALL(ACCEPTED)],
  [
    'a tag with blanks in its name',
    when('StringEquals', 'x', 'aws:PrincipalTag/Cost Center'),
    IN_ALL(ACCEPTED),
  ],
  ['an account with hyphens', trusting({ AWS: '0000-0000-0000' }), { trust: ACCEPTED, key: ACCEPTED }],
  ['the root user of an account', trusting({ AWS: [ROOT] }), { trust: ACCEPTED, key: ACCEPTED }],
  ['everyone by {"AWS":"*"}', trusting({ AWS: '*' }), { trust: ACCEPTED, key: ACCEPTED }],
  ['a service', trusting({ Service: 'ec2.amazonaws.com' }), { trust: ACCEPTED, key: ACCEPTED }],
  [
    'services of regions and of other services',
    trusting({ Service: ['logs.eu-west-1.amazonaws.com', 'ecs.application-autoscaling.amazonaws.com'] }),
    { trust: ACCEPTED, key: ACCEPTED },
  ],
  [
    'an old version',
    { policy: { Version: '2008-10-17' } },
    { session: ACCEPTED, trust: ACCEPTED, key: ACCEPTED },
  ],
  [
    'unicode in a Sid and an Id',
    { statement: { Sid: 'Zugriff für alle' }, policy: { Id: 'Schlüssel' } },
    { key: ACCEPTED },
  ],
  [
    'resources of services without region or account',
    on(['arn:aws:s3:::bucket/*', 'arn:aws:iam::aws:policy/*', 'arn:aws:ec2:*::image/*', 'arn:aws:iam::*:*']),
    IN_IAM(ACCEPTED),
  ],
  [
    'access points, jobs and wildcards of S3',
    on(['arn:aws:s3:us-west-2:000000000000:accesspoint/x', 'arn:aws:s3:*:*:job/*', 'arn:aws:s3:*:*:*']),
    IN_IAM(ACCEPTED),
  ],
  ['any partition', on(['arn:*:s3:::bucket', 'arn:aws*:iam::*:role/*']), IN_IAM(ACCEPTED)],
  [
    'resources with variables',
    on([`arn:aws:iam::*:user/\${aws:username}`, `arn:aws:s3:::home/\${aws:PrincipalTag/team, 'x'}/*`]),
    IN_IAM(ACCEPTED),
  ],
  ['a service-linked role', on('arn:aws:iam::*:role/aws-service-role/x.amazonaws.com/R*'), IN_IAM(ACCEPTED)],
  ['a pattern of kinds of IAM', on('arn:aws:iam::*:role*'), IN_IAM(ACCEPTED)],
  ['an ARN with a variable', when('ArnLike', `arn:aws:iam::*:user/\${aws:username}`), IN_ALL(ACCEPTED)],
  ['any ARN', when('ArnLike', '*'), IN_ALL(ACCEPTED)],
  ['NotAction and NotResource', { statement: { Action: undefined, NotAction: 'iam:*' } }, IN_IAM(ACCEPTED)],
  ['a key policy statement without a resource', { statement: { Resource: undefined } }, { key: ACCEPTED }],
]

/** The grammar, and who says what of it. */
const SYNTAX: readonly Line[] = [
  ['a wrong case of Effect', { statement: { Effect: 'allow' } }, NOWHERE(LEGACY_PARSING)],
  ['an unknown effect', { statement: { Effect: 'Permit' } }, NOWHERE(SYNTAX_ERRORS)],
  ['no effect', { statement: { Effect: undefined } }, NOWHERE(SYNTAX_ERRORS)],
  ['an unknown version', { policy: { Version: '2012-10-18' } }, NOWHERE(SYNTAX_ERRORS)],
  ['an unknown operator', when('StringIs', 'x'), NOWHERE(SYNTAX_ERRORS)],
  ['Null with IfExists', when('NullIfExists', 'true'), NOWHERE(SYNTAX_ERRORS)],
  ['a key in place of an operator', { statement: { Condition: { 'a:b': 'c' } } }, NOWHERE(SYNTAX_ERRORS)],
  ['a list in place of a condition', { statement: { Condition: [] } }, NOWHERE(SYNTAX_ERRORS)],
  ['an unknown element', { statement: { Comment: 'x' } }, NOWHERE(SYNTAX_ERRORS)],
  ['no statement', { policy: { Statement: undefined } }, NOWHERE(SYNTAX_ERRORS)],
  ['no statements', { statements: [] }, NOWHERE(SYNTAX_ERRORS)],
  [
    'the old version',
    { policy: { Version: '2008-10-17' } },
    {
      identity: 'Policy document must be version 2012-10-17 or greater.',
      scp: 'Policy document must be version 2012-10-17 or greater.',
    },
  ],
  [
    'two statements with one Sid',
    { statements: [{ Sid: 'a' }, { Sid: 'a' }] },
    { ...IN_ALL('Statement IDs (SID) in a single policy must be unique.'), key: ACCEPTED },
  ],
  ['a number that is none', when('NumericEquals', 'x', 'aws:EpochTime'), NOWHERE(LEGACY_PARSING)],
  ['a number beyond all', when('NumericEquals', '1e999', 'aws:EpochTime'), NOWHERE(LEGACY_PARSING)],
  ['a date that is none', when('DateLessThan', 'soon', 'aws:CurrentTime'), NOWHERE(LEGACY_PARSING)],
  ['a boolean that is none', when('Bool', 'yes', 'aws:SecureTransport'), NOWHERE(LEGACY_PARSING)],
  ['an address that is none', when('IpAddress', '10.0.0.0/33', 'aws:SourceIp'), NOWHERE(LEGACY_PARSING)],
  ['an ARN with four colons', when('ArnLike', 'arn:aws:iam::*'), NOWHERE(LEGACY_PARSING)],
  [`a variable in place of an ARN`, when('ArnEquals', `\${aws:PrincipalArn}`), NOWHERE(LEGACY_PARSING)],
]

const PREFACED = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
const NO_ACTIONS = 'Policy statement must contain actions.'
const NO_ACTION_OF_KEY = 'Missing required field Action'
const VENDOR_WILDCARD = 'Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.'

const ACTIONS: readonly Line[] = [
  ['no action', acting(undefined), { ...IN_ALL(NO_ACTIONS), key: NO_ACTION_OF_KEY }],
  ['no actions', acting([]), { ...IN_ALL(NO_ACTIONS), key: NO_ACTION_OF_KEY }],
  [
    'neither action nor resource',
    { statement: { Action: undefined, Resource: undefined } },
    { ...IN_IAM(NO_ACTIONS), key: NO_ACTION_OF_KEY },
  ],
  ['an action without a vendor', acting('Encrypt'), { ...IN_ALL(PREFACED), key: REFUSED }],
  [
    'an action with two colons',
    acting('kms:a:b'),
    { ...IN_ALL('Actions/Condition can contain only one colon.'), key: REFUSED },
  ],
  ['a vendor with a wildcard', acting('k*:Encrypt'), { ...IN_ALL(VENDOR_WILDCARD), key: REFUSED }],
  ['any vendor', acting('*:Untag*'), { ...IN_ALL(VENDOR_WILDCARD), key: REFUSED }],
  ['a vendor that is none', acting('k ms:Encrypt'), { ...IN_ALL('Vendor k ms is not valid'), key: REFUSED }],
  ['a malformed action name', acting('kms:En crypt'), { ...IN_ALL(SYNTAX_ERRORS), key: REFUSED }],
]

const NO_RESOURCES = 'Policy statement must contain resources.'
const RESOURCE_VENDOR = 'Resource vendor must be fully qualified and cannot contain regexes.'
const IAM_PATH =
  'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.'

const partition = (name: string, resource: string): Line => [
  `a resource of the partition ${name}`,
  on(resource),
  { ...IN_IAM(`Partition "${name}" is not valid for resource "${resource}".`), key: ACCEPTED },
]

/** A resource and what IAM says of it. Key policies take it: there it covers nothing. */
const resource = (name: string, text: string): Line => [
  `the resource ${name}`,
  on(name),
  { ...IN_IAM(text), key: ACCEPTED },
]

const RESOURCES: readonly Line[] = [
  ['no resource', on(undefined), IN_IAM(NO_RESOURCES)],
  ['no resources', on([]), { ...IN_IAM(NO_RESOURCES), key: REFUSED }],
  [
    'a resource that is no ARN',
    on('key/1'),
    { ...IN_IAM('Resource key/1 must be in ARN format or "*".'), key: REFUSED },
  ],
  ['an empty resource', on(''), { ...IN_IAM('Resource  must be in ARN format or "*".'), key: REFUSED }],
  ['a resource with four colons', on('arn:aws:iam:000000000000:user/x'), NOWHERE_BUT_TRUST(LEGACY_PARSING)],
  ['a broken variable', on(`arn:aws:s3:::\${aws:username`), NOWHERE_BUT_TRUST(LEGACY_PARSING)],
  ['any service', on('arn:aws:*:*:*:*'), NOWHERE_BUT_TRUST(RESOURCE_VENDOR)],
  ['no service', on('arn:aws::::x'), NOWHERE_BUT_TRUST(RESOURCE_VENDOR)],
  partition('', 'arn::s3:::bucket'),
  partition('x', 'arn:x:s3:::bucket'),
  partition('aws-cn', 'arn:aws-cn:ec2:*:*:volume/*'),
  partition(`\${ARN_PARTITION}`, `arn:\${ARN_PARTITION}:s3:::bucket`),
  resource(
    'arn:aws:iam:us-east-1:000000000000:role/*',
    'IAM resource arn:aws:iam:us-east-1:000000000000:role/* cannot contain region information.',
  ),
  resource(
    'arn:aws:s3:us-west-2:000000000000:test/athena',
    'Resource arn:aws:s3:us-west-2:000000000000:test/athena can not contain region information.',
  ),
  resource(
    'arn:aws:s3:eu-west-1::bucket',
    'Resource arn:aws:s3:eu-west-1::bucket can not contain region information.',
  ),
  resource(
    'arn:aws:s3::000000000000:bucket/*',
    'Resource arn:aws:s3::000000000000:bucket/* can not contain account information.',
  ),
  resource('arn:aws:iam:::x', IAM_PATH),
  resource('arn:aws:iam::000000000000:*/*', IAM_PATH),
  resource('arn:aws:iam::AIDAEXAMPLEEXAMPLE:user/x', LEGACY_PARSING),
  resource('arn:aws:dynamodb:us-west--2:*:table/x', LEGACY_PARSING),
]

function NOWHERE_BUT_TRUST(expected: string): Expected {
  return { ...IN_IAM(expected), key: REFUSED }
}

const ASSUME_ROLE_ONLY = 'AssumeRole policy may only specify STS AssumeRole actions.'
const STS_ONLY =
  'Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity'
const NO_PRINCIPALS =
  'Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a statement with no principals!'
const NO_PRINCIPAL_OF_KEY = 'Policy contains a statement with no principal.'
const KEY_SERVICES = 'Policy contains a statement with one or more invalid service principals.'
const STAR = 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'

const service = (name: string): Line => [
  `the service ${name}`,
  trusting({ Service: name }),
  { trust: `Invalid principal in policy: "SERVICE":"${name}"`, key: KEY_SERVICES },
]

const PRINCIPALS: readonly Line[] = [
  ['everyone, bare', trusting('*'), { trust: STAR, key: ACCEPTED }],
  ['everyone, bare, in a Deny', trusting('*', { Effect: 'Deny' }), { trust: STAR, key: ACCEPTED }],
  service('tagging.amazonaws.com'),
  service('nosuchservice.amazonaws.com'),
  service('EC2.amazonaws.com'),
  service('ec2.example.com'),
  ['no principal', trusting(undefined), { trust: NO_PRINCIPALS, key: NO_PRINCIPAL_OF_KEY }],
  ['no principals', trusting({ AWS: [] }), { trust: NO_PRINCIPALS, key: NO_PRINCIPAL_OF_KEY }],
  [
    'an account with other hyphens',
    trusting({ AWS: '00-0000000000' }),
    { trust: badPrincipal('00-0000000000') },
  ],
  [
    'a group',
    trusting({ AWS: `arn:aws:iam::${ACCOUNT}:group/x` }),
    { trust: badPrincipal(`arn:aws:iam::${ACCOUNT}:group/x`) },
  ],
  [
    'a provider of another partition',
    trusting({ Federated: `arn:aws-cn:iam::${ACCOUNT}:oidc-provider/x` }),
    { trust: 'Federated principals must be valid domain names or SAML metadata ARNs' },
  ],
  [
    'a principal in an identity policy',
    trusting({ AWS: '*' }),
    {
      identity: 'Policy document should not specify a principal.',
      session: 'Policy document should not specify a principal.',
      scp: 'Policy document should not specify a principal.',
      rcp: ACCEPTED,
    },
  ],
  ['a resource in a trust policy', on('*'), { trust: 'Has prohibited field Resource.' }],
  ['sts:assumerole in lower case', acting('sts:assumerole'), { trust: ASSUME_ROLE_ONLY }],
  ['STS in capitals', acting('STS:AssumeRole'), { trust: ASSUME_ROLE_ONLY }],
  ['another action of STS', acting(['sts:AssumeRole', 'sts:TagSessions']), { trust: ASSUME_ROLE_ONLY }],
  ['an action of another service', acting('s3:GetObject'), { trust: STS_ONLY }],
]

function badPrincipal(name: string): string {
  return `Invalid principal in policy: "AWS":"${name}"`
}

const NOT_JSON = 'This policy contains invalid Json'

/** Texts that are no JSON, and JSON that is not read. */
const TEXTS: readonly (readonly [string, (text: string) => string, string])[] = [
  ['a comment', (text) => `${text} // x`, NOT_JSON],
  ['a trailing comma', (text) => text.replace('}]}', ',}]}'), NOT_JSON],
  ['single quotes', (text) => text.replaceAll('"', "'"), NOT_JSON],
  ['a name of a file', () => 'policy.json', NOT_JSON],
  ['null', () => 'null', SYNTAX_ERRORS],
  ['an element twice', (text) => text.replace('"Effect":', '"Effect":"Deny","Effect":'), SYNTAX_ERRORS],
  ['white space around it', (text) => `\n\t ${text}\r\n`, ACCEPTED],
]

/** Documents that people have, for each place where they are put. */
export const DOCUMENT_ROWS: readonly DocumentRow[] = [
  ...rows([...TOOLS, ...SYNTAX, ...ACTIONS, ...RESOURCES, ...PRINCIPALS]),
  ...TEXTS.flatMap(([what, change, expected]) =>
    PLACES.map((place) => ({
      what: `${what} (${place})`,
      place,
      text: change(documentText(place, {})),
      expected: place === 'key' && expected !== ACCEPTED ? REFUSED : expected,
    })),
  ),
]
