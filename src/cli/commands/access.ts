import type { Command } from '../command.ts'
import { ACTION, CONTEXT_ENTRY, EVENT_ID, FILE, KEY, matching, PRINCIPAL, wholeNumber } from '../values.ts'

/** A century: longer than any log. */
const DAYS_MAX = 36_525

const RESOURCE = matching('RESOURCE', 'an ARN, a key ID, an alias name or *', /./)

const MISS = {
  element: 'string',
  'operator?': 'string',
  'key?': 'string',
  wanted: 'array',
  'found?': 'array',
} as const

/** A decision, as `explain` and `simulate` print it. */
const DECISION = {
  principal: 'object',
  action: 'string',
  resource: 'string',
  allowed: 'boolean',
  decision: 'object',
  reason: 'string',
  context: 'object',
  missingContext: ['string'],
  policies: [
    {
      kind: 'string',
      'level?': 'number',
      'name?': 'string',
      'attachedTo?': 'string',
      outcome: 'string',
      statements: [
        {
          source: 'object',
          effect: 'string',
          matched: 'boolean',
          naming: 'string',
          misses: [MISS],
        },
      ],
    },
  ],
  complete: 'boolean',
  grants: [{ id: 'string', 'name?': 'string', misses: [MISS] }],
  'smallestChange?': 'array or null',
} as const

const TALLY = { what: 'string', calls: 'number', eventIds: ['string'] } as const

/** The commands that explain decisions about access. */
export const ACCESS_COMMANDS: readonly Command[] = [
  {
    name: 'explain',
    about: 'Explain why a recorded call was allowed or refused',
    operands: [{ about: 'The request ID or event ID of the call', takes: EVENT_ID }],
    settings: ['data'],
    examples: [
      {
        line: 'holdfast explain 3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90',
        about: 'Explain the call whose request ID a client logged',
      },
    ],
    json: {
      shape: {
        recorded: { result: 'string', 'reason?': 'string', event: 'object', 'ciphertext?': 'object' },
        'now?': {
          allowed: 'boolean',
          'differs?': 'string',
          permissions: [DECISION],
          notConsidered: ['string'],
        },
        'notDecided?': 'string',
      },
      lines: true,
    },
    slow: true,
    run: async (input) => (await import('../explain.ts')).explainRecorded(input),
  },
  {
    name: 'simulate',
    about: 'Show whether a call would be allowed, and why',
    details: ['The exit status is 0 when the call would be allowed, and 3 when it would be refused.'],
    options: {
      principal: {
        about: 'The ARN of a user, role, role session, federated user or account',
        takes: PRINCIPAL,
        required: true,
      },
      action: { about: 'The permission', takes: ACTION, required: true },
      resource: {
        about: 'The ARN of a key, alias, role and so on, or a key ID or alias name',
        takes: RESOURCE,
        byDefault: '*',
      },
      context: {
        about: 'A condition key and its value; repeat the option for more',
        takes: CONTEXT_ENTRY,
        repeats: true,
      },
      'federated-by': {
        about: 'The ARN of the user who made the session of a federated user; the default is the account',
        takes: PRINCIPAL,
      },
      'session-policy': {
        about: 'The JSON file with the session policy of a role session or federated user',
        takes: FILE,
      },
    },
    settings: ['data', 'region'],
    examples: [
      {
        line: 'holdfast simulate --principal arn:aws:iam::000000000000:user/alice --action kms:Decrypt --resource alias/payments',
        about: 'Check whether a user may decrypt with a key',
      },
      {
        line: 'holdfast simulate --principal arn:aws:iam::000000000000:role/app --action kms:Decrypt --resource alias/payments --context kms:EncryptionContext:tenant=a',
        about: 'Check a role with an encryption context',
      },
    ],
    json: { shape: DECISION },
    run: async (input) => (await import('../simulate.ts')).simulateCall(input),
  },
  {
    name: 'policy what-if',
    about: 'Try a key policy on the recorded calls of a key',
    details: [
      'The exit status is 3 when some of the calls would be refused, or the policy would lock you out.',
    ],
    options: {
      file: { about: 'The JSON file with the key policy', takes: FILE, required: true },
      key: { about: 'The key', takes: KEY, required: true },
      days: { about: 'How many days back', takes: wholeNumber('DAYS', 1, DAYS_MAX), byDefault: '30' },
      principal: {
        about: "The ARN of the principal that will put the policy; the default is the account's root user",
        takes: PRINCIPAL,
      },
    },
    settings: ['data', 'account', 'region'],
    examples: [
      {
        line: 'holdfast policy what-if --file policy.json --key alias/payments --days 90',
        about: 'Find out which calls of the last 90 days a new key policy would refuse',
      },
    ],
    json: {
      shape: {
        key: 'string',
        days: 'number',
        principal: 'string',
        locksOut: 'boolean',
        calls: 'number',
        decided: 'number',
        movedOn: 'number',
        changes: [
          {
            becomes: 'string',
            principal: 'string',
            action: 'string',
            reason: 'string',
            calls: 'number',
            first: 'string',
            last: 'string',
            eventIds: ['string'],
          },
        ],
        otherChanges: 'number',
        notDecided: [TALLY],
        notExact: [TALLY],
        current: 'boolean',
      },
    },
    slow: true,
    run: async (input) => (await import('../policy-what-if.ts')).tryPolicy(input),
  },
]
