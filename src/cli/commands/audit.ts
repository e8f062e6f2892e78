import type { Command } from '../command.ts'
import { EVENT_ID, FILE, FOLDER, matching, VERIFIER_KEY } from '../values.ts'

const NODE = matching('NODE', 'a node, for example node-0', /^node-[0-9]+$/)

/** The commands on the audit log. */
export const AUDIT_COMMANDS: readonly Command[] = [
  {
    name: 'audit verify',
    about: 'Verify every event of the audit log, and report the first damaged place',
    details: ['The exit status is 1 when the log is damaged. A server may run meanwhile.'],
    options: {
      archive: {
        about:
          'The folder with archives that were moved away; it has a folder for each node, for example node-0',
        takes: FOLDER,
      },
    },
    settings: ['data'],
    examples: [
      { line: 'holdfast audit verify', about: 'Verify the log of ./data' },
      {
        line: 'holdfast audit verify --archive /mnt/archive',
        about: 'Verify a log whose archives were moved away',
      },
    ],
    json: {
      shape: {
        intact: 'boolean',
        events: 'number',
        batches: 'number',
        segments: 'number',
        nodes: 'number',
        damage: 'string or null',
        warnings: ['string'],
      },
    },
    slow: true,
    run: async (input) => (await import('../audit-verify.ts')).verifyAudit(input),
  },
  {
    name: 'audit reindex',
    about: 'Rebuild the index of the audit log',
    details: ['While a server runs, the server rebuilds the index in the background.'],
    settings: ['data'],
    examples: [{ line: 'holdfast audit reindex', about: 'Rebuild the index of ./data' }],
    json: { shape: { inBackground: 'boolean', events: 'number or null' } },
    slow: true,
    run: async (input) => (await import('../audit-reindex.ts')).reindexAudit(input),
  },
  {
    name: 'audit archive',
    about: 'Compress closed segments of the audit log now',
    details: [
      'A server does the same every ten minutes. --audit-live-days or --audit-live-mib says what stays.',
    ],
    settings: ['data', 'audit-live-days', 'audit-live-mib'],
    examples: [
      { line: 'holdfast audit archive --audit-live-days 30', about: 'Compress segments older than 30 days' },
    ],
    json: { shape: { segments: 'number' } },
    slow: true,
    run: async (input) => (await import('../audit-archive.ts')).archiveAudit(input),
  },
  {
    name: 'audit checkpoint',
    about: 'Sign and print a checkpoint of each node; verifier keys go to standard error',
    settings: ['data'],
    examples: [
      { line: 'holdfast audit checkpoint > checkpoint.txt', about: 'Write a checkpoint to keep elsewhere' },
    ],
    json: { shape: { checkpoints: [{ node: 'string', checkpoint: 'string', verifierKey: 'string' }] } },
    slow: true,
    run: async (input) => (await import('../audit-checkpoint.ts')).printCheckpoints(input),
  },
  {
    name: 'audit prove',
    about: 'Print an event and the proof that the audit log contains it',
    operands: [{ about: 'The event ID', takes: EVENT_ID }],
    settings: ['data'],
    examples: [
      {
        line: 'holdfast audit prove 3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90 > proof.txt',
        about: 'Write the proof of one event',
      },
    ],
    json: { shape: { eventId: 'string', node: 'string', proof: 'string' } },
    slow: true,
    run: async (input) => (await import('../audit-prove.ts')).proveEvent(input),
  },
  {
    name: 'audit prove-consistency',
    about: 'Print the proof that the audit log extends an older checkpoint',
    operands: [{ about: 'The file with the older checkpoint', takes: FILE }],
    options: {
      node: { about: 'The node, when the file has checkpoints of several nodes', takes: NODE },
    },
    settings: ['data'],
    examples: [
      {
        line: 'holdfast audit prove-consistency checkpoint.txt --node node-0 > proof.txt',
        about: 'Prove that nothing before the checkpoint was changed',
      },
    ],
    json: { shape: { node: 'string', proof: 'string' } },
    slow: true,
    run: async (input) => (await import('../audit-consistency.ts')).proveConsistency(input),
  },
  {
    name: 'audit check-proof',
    about: 'Check a proof with a verifier key alone, and print the event that it proves',
    details: [
      'This command needs neither a data folder nor a server. The exit status is 1 when the proof is wrong.',
    ],
    operands: [{ about: 'The file with the proof', takes: FILE }],
    options: {
      'verifier-key': {
        about: 'The verifier key of the log, as audit checkpoint prints it',
        takes: VERIFIER_KEY,
        required: true,
      },
    },
    settings: [],
    examples: [
      {
        line: 'holdfast audit check-proof proof.txt --verifier-key "$VERIFIER_KEY"',
        about: 'Check a proof that somebody else made',
      },
    ],
    json: {
      shape: {
        proven: 'boolean',
        'event?': 'object',
        'index?': 'number',
        'size?': 'number',
        'olderSize?': 'number',
        'origin?': 'string',
        'reason?': 'string',
      },
    },
    run: async (input) => (await import('../audit-check-proof.ts')).checkProofFile(input),
  },
]
