import type { Command } from '../command.ts'
import { KEY, oneOf, someOf, TIME, wholeNumber } from '../values.ts'

/** The columns by which usage can be grouped. Source: `USAGE_COLUMNS` of the usage report, which a test compares. */
const COLUMNS = ['hour', 'day', 'account', 'region', 'key', 'principal', 'service', 'operation']
/** Ten years: longer than a log is kept. */
const DAYS_MAX = 3650

const FROM = { about: 'The first day or hour; the default is 30 days ago', takes: TIME }
const TO = { about: 'The end, not included; the default is now', takes: TIME }
const FORMAT = { about: 'How to print', takes: oneOf('FORMAT', ['table', 'json']), byDefault: 'table' }
const OPERAND = { about: 'A key ID, key ARN, alias name or alias ARN', takes: KEY }

/** The commands that report usage from the audit log. */
export const USAGE_COMMANDS: readonly Command[] = [
  {
    name: 'usage',
    about: 'Count calls by hour, day, account, region, key, principal, service and operation',
    details: ['With a price table (--prices) the report shows costs.'],
    options: {
      from: FROM,
      to: TO,
      by: {
        about: 'The columns to count by',
        takes: someOf('COLUMNS', COLUMNS),
        byDefault: 'key,operation',
      },
      key: { about: 'Count only calls on this key', takes: KEY },
      format: {
        about: 'How to print',
        takes: oneOf('FORMAT', ['table', 'csv', 'json']),
        byDefault: 'table',
      },
    },
    settings: ['data', 'account', 'region', 'prices'],
    examples: [
      { line: 'holdfast usage', about: 'Count the calls of the last 30 days by key and operation' },
      {
        line: 'holdfast usage --from 2026-11-01 --to 2026-12-01 --by day,principal --format csv',
        about: 'Count the calls of November by day and principal, for a spreadsheet',
      },
    ],
    json: {
      shape: [
        {
          ...Object.fromEntries(COLUMNS.map((column) => [`${column}?`, 'string' as const])),
          calls: 'number',
          failures: 'number',
          'cost?': 'number',
          'currency?': 'string',
        },
      ],
    },
    slow: true,
    run: async (input) => (await import('../usage.ts')).showUsage(input),
  },
  {
    name: 'who-used',
    about: 'Show who used a key: principals, source addresses, operations, counts, first and last time',
    details: [
      'Answers come from the index of the audit log. When the index is behind the log, the command reads the log itself.',
    ],
    operands: [OPERAND],
    options: { from: FROM, to: TO },
    settings: ['data', 'account', 'region'],
    examples: [
      {
        line: 'holdfast who-used alias/payments --from 2026-10-01 --to 2026-11-01',
        about: 'Show who used a key in October, and from where',
      },
    ],
    json: {
      shape: {
        key: 'string',
        from: 'string',
        to: 'string',
        source: 'string',
        uses: [
          {
            principal: 'string',
            address: 'string',
            service: 'string',
            operation: 'string',
            calls: 'number',
            failures: 'number',
            first: 'string',
            last: 'string',
            lastEventId: 'string',
          },
        ],
      },
    },
    slow: true,
    run: async (input) => (await import('../who-used.ts')).showWhoUsed(input),
  },
  {
    name: 'impact',
    about: 'Show what depends on a key, before you disable or delete it',
    details: [
      'Shows who uses the key and from where, its aliases and grants, and the policies that name it.',
    ],
    operands: [OPERAND],
    options: { format: FORMAT },
    settings: ['data', 'account', 'region'],
    examples: [{ line: 'holdfast impact alias/payments', about: 'Show what fails without the key' }],
    json: {
      shape: {
        key: {
          arn: 'string',
          state: 'string',
          spec: 'string',
          usage: 'string',
          origin: 'string',
          description: 'string',
        },
        aliases: ['string'],
        multiRegion: 'object or null',
        keyStore: 'object or null',
        users: [
          {
            principal: 'string',
            operation: 'string',
            cryptographic: 'boolean',
            calls: 'number',
            failures: 'number',
            first: 'string',
            last: 'string',
            lastEventId: 'string',
            addresses: ['string'],
            moreAddresses: 'number',
          },
        ],
        moreUsers: 'number',
        grants: [
          {
            id: 'string',
            'name?': 'string',
            grantee: 'string',
            'retiring?': 'string',
            operations: ['string'],
            createdAt: 'number',
            constrained: 'boolean',
          },
        ],
        moreGrants: 'number',
        statements: [
          {
            holder: 'string',
            policy: 'string',
            statement: 'string',
            effect: 'string',
            principals: ['string'],
            actions: ['string'],
            conditions: ['string'],
            names: 'string',
          },
        ],
        moreStatements: 'number',
        consequences: ['string'],
      },
    },
    slow: true,
    run: async (input) => (await import('../impact.ts')).showImpact(input),
  },
  {
    name: 'materials',
    about: 'Show which key material of a key still decrypts: how often, when last and for whom',
    operands: [OPERAND],
    options: { format: FORMAT },
    settings: ['data', 'account', 'region'],
    examples: [
      {
        line: 'holdfast materials alias/payments',
        about: 'See whether NON_CURRENT key material is still in use',
      },
    ],
    json: {
      shape: {
        key: 'string',
        materials: [
          {
            materialId: 'string',
            state: 'string',
            present: 'boolean',
            createdAt: 'string',
            'currentAt?': 'string',
            'validTo?': 'string',
            decrypts: 'number',
            principals: [{ principal: 'string', decrypts: 'number', last: 'string', lastEventId: 'string' }],
          },
        ],
      },
    },
    slow: true,
    run: async (input) => (await import('../materials.ts')).showMaterials(input),
  },
  {
    name: 'insights',
    about: 'List unusual calls of the last days',
    details: ['The settings --insights and --insights-learning-days say what is unusual.'],
    options: {
      days: { about: 'How many days back', takes: wholeNumber('DAYS', 1, DAYS_MAX), byDefault: '30' },
      format: FORMAT,
    },
    settings: ['data', 'insights', 'insights-learning-days'],
    examples: [{ line: 'holdfast insights --days 7', about: 'List what was unusual in the last week' }],
    json: { shape: 'object', lines: true },
    slow: true,
    run: async (input) => (await import('../insights.ts')).listInsights(input),
  },
]
