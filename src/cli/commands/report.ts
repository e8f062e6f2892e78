import type { Command } from '../command.ts'
import { FILE, FOLDER, VERIFIER_KEY, wholeNumber } from '../values.ts'

/** Ten years. */
const UNUSED_DAYS_MAX = 3650

/** The commands on reports. */
export const REPORT_COMMANDS: readonly Command[] = [
  {
    name: 'report',
    about: 'Write a dated, signed report on all keys and access keys',
    details: [
      'The report shows access, rotation, use, and what changed since the last report in the folder.',
    ],
    options: {
      folder: { about: 'Where to write; the default is reports in the data folder', takes: FOLDER },
      'unused-days': {
        about: 'Days without use after which a key counts as unused',
        takes: wholeNumber('DAYS', 1, UNUSED_DAYS_MAX),
        byDefault: '90',
      },
    },
    settings: ['data'],
    examples: [
      { line: 'holdfast report', about: "Write today's report into ./data/reports" },
      { line: 'holdfast report --folder /srv/reports --unused-days 180', about: 'Write it for auditors' },
    ],
    json: {
      shape: { files: ['string'], findings: 'number', changes: 'number', verifierKey: 'string' },
    },
    slow: true,
    run: async (input) => (await import('../report.ts')).writeReport(input),
  },
  {
    name: 'report verify',
    about: 'Check with a verifier key alone that a report is as it was signed',
    details: [
      'This command needs neither a data folder nor a server. The exit status is 1 when the report was changed.',
    ],
    operands: [{ about: 'A file of the report, report-YYYY-MM-DD.json', takes: FILE }],
    options: {
      'verifier-key': {
        about: 'The verifier key of the reports, as report prints it',
        takes: VERIFIER_KEY,
        required: true,
      },
    },
    settings: [],
    examples: [
      {
        line: 'holdfast report verify report-2026-11-30.json --verifier-key "$VERIFIER_KEY"',
        about: 'Check a report that was sent to you',
      },
    ],
    json: { shape: { verified: 'boolean', files: ['string'], 'reason?': 'string' } },
    run: async (input) => (await import('../report-verify.ts')).verifyReportFile(input),
  },
]
