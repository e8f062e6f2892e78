import { accountRootArn } from '../api/arn.ts'
import { asExplainer } from '../app/explain.ts'
import { namedKey, parseProposal } from '../explain/proposal.ts'
import { whatIf } from '../explain/what-if.ts'
import { formatWhatIf } from '../explain/what-if-text.ts'
import { type CommandInput, EXIT_REFUSED } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { readGivenFile, withPolicyOf } from './given-file.ts'
import { openLog } from './log.ts'
import { printNext, printResult } from './result.ts'

const DAY_SECONDS = 86_400

/** `holdfast policy what-if`: evaluates a changed policy for the calls of the last days. */
export async function tryPolicy(input: CommandInput): Promise<number> {
  const { config, flags, progress } = input
  requireDataFolder(config)
  progress.report('reading recorded calls')
  const text = await readGivenFile(input, 'file')
  const days = Number(flags['days'])
  const report = await asExplainer(config, openLog(), async (explainer) => {
    const key = await namedKey(explainer, flags['key'] ?? '', config)
    const principal = flags['principal'] ?? accountRootArn(key.account)
    const { policy, locksOut } = await withPolicyOf(input, 'file', () =>
      parseProposal(explainer, { key, text, principal }),
    )
    const toSecond = Math.ceil(explainer.now() / 1000)
    const fromSecond = toSecond - days * DAY_SECONDS
    const { next: _all, ...replayed } = await whatIf(explainer, { key, policy, fromSecond, toSecond })
    return { key: key.arn, days, principal, locksOut, ...replayed, current: explainer.current() }
  })
  printResult(input, report, () => formatWhatIf(report))
  if (report.locksOut || report.changes.some(({ becomes }) => becomes === 'refused')) return EXIT_REFUSED
  printNext(input, 'put the policy with PutKeyPolicy')
  return 0
}
