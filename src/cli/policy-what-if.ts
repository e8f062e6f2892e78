import { accountRootArn } from '../api/arn.ts'
import { asExplainer } from '../app/explain.ts'
import { printableJson } from '../base/printable.ts'
import { ConfigError } from '../config/setting.ts'
import { namedKey, parseProposal } from '../explain/proposal.ts'
import { whatIf } from '../explain/what-if.ts'
import { formatWhatIf } from '../explain/what-if-text.ts'
import { type Command, type CommandInput, EXIT_REFUSED } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { readGivenFile, withPolicyOf } from './given-file.ts'
import { openLog } from './log.ts'
import { requireFlag } from './require-flag.ts'

const DAY_SECONDS = 86_400
const DEFAULT_DAYS = 30
/** A century: beyond what any log holds. */
const MAX_DAYS = 36_525

/** `holdfast policy what-if`: what a key policy would have done to the calls of the last days. */
export const policyWhatIf: Command = {
  name: 'policy what-if',
  about: 'tries a key policy on the recorded calls of a key; the exit status is 3 if some would be refused',
  flags: {
    file: { about: 'the JSON file that the policy is in' },
    key: { about: 'the key: its ARN, id or alias' },
    days: { about: `how many days back; default ${DEFAULT_DAYS}` },
    principal: { about: "the ARN of who will put it; default the account's root user" },
    json: { about: 'prints JSON', kind: 'switch' },
  },
  run: async (input) => {
    const { config, output, switches } = input
    requireDataFolder(config)
    const text = await readGivenFile(input, 'file')
    const keyText = requireFlag(input, 'key')
    const days = parseDays(input)
    const report = await asExplainer(config, openLog(), async (explainer) => {
      const key = await namedKey(explainer, keyText, config)
      const principal = input.flags['principal'] ?? accountRootArn(key.account)
      const { policy, locksOut } = await withPolicyOf(input, 'file', () =>
        parseProposal(explainer, { key, text, principal }),
      )
      const toSecond = Math.ceil(explainer.now() / 1000)
      const replayed = await whatIf(explainer, {
        key,
        policy,
        fromSecond: toSecond - days * DAY_SECONDS,
        toSecond,
      })
      return { key: key.arn, days, principal, locksOut, ...replayed, current: explainer.current() }
    })
    output.print(switches.has('json') ? printableJson(report) : formatWhatIf(report).join('\n'))
    return report.locksOut || report.changes.some(({ becomes }) => becomes === 'refused') ? EXIT_REFUSED : 0
  },
}

function parseDays({ flags }: CommandInput): number {
  const text = flags['days'] ?? String(DEFAULT_DAYS)
  const days = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= MAX_DAYS) return days
  throw new ConfigError(`--days is '${text}', which is not a number from 1 to ${MAX_DAYS}`)
}
