import { asExplainer } from '../app/explain.ts'
import { explainedJson } from '../explain/examined-json.ts'
import { formatSimulated } from '../explain/path-text.ts'
import { simulateRequest } from '../explain/simulate.ts'
import { type CommandInput, EXIT_REFUSED } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { readGivenFile } from './given-file.ts'
import { openLog } from './log.ts'
import { printResult } from './result.ts'

/** `holdfast simulate`: says whether a call would be allowed. */
export async function simulateCall(input: CommandInput): Promise<number> {
  const { config, flags, lists } = input
  requireDataFolder(config)
  const request = {
    principal: flags['principal'] ?? '',
    action: flags['action'] ?? '',
    resource: flags['resource'] ?? '*',
    region: config.region,
    context: parseContext(lists['context'] ?? []),
    federatedBy: flags['federated-by'],
    sessionPolicy:
      flags['session-policy'] === undefined ? undefined : await readGivenFile(input, 'session-policy'),
  }
  const examined = await asExplainer(config, openLog(), (explainer) => simulateRequest(explainer, request))
  printResult(input, explainedJson(examined), () => formatSimulated(examined))
  return examined.decision.allow ? 0 : EXIT_REFUSED
}

/** Values by condition key, in lower case; a key that is given twice has both. */
function parseContext(entries: readonly string[]): ReadonlyMap<string, string | readonly string[]> {
  const context = new Map<string, readonly string[]>()
  for (const entry of entries) {
    const at = entry.indexOf('=')
    const key = entry.slice(0, at).toLowerCase()
    context.set(key, [...(context.get(key) ?? []), entry.slice(at + 1)])
  }
  return new Map([...context].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]))
}
