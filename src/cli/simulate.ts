import { asExplainer } from '../app/explain.ts'
import { printableJson } from '../base/printable.ts'
import { ConfigError } from '../config/setting.ts'
import { explainedJson } from '../explain/examined-json.ts'
import { formatSimulated } from '../explain/path-text.ts'
import { simulateRequest } from '../explain/simulate.ts'
import { type Command, EXIT_REFUSED } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { readGivenFile } from './given-file.ts'
import { openLog } from './log.ts'
import { requireFlag } from './require-flag.ts'

const ACTION = /^[a-z][a-z0-9-]*:[A-Za-z0-9]+$/

/** `holdfast simulate`: whether a call would be allowed. */
export const simulate: Command = {
  name: 'simulate',
  about: 'says whether a call would be allowed, and why; the exit status is 0 if so, and 3 if not',
  flags: {
    principal: { about: 'the ARN of a user, role, session of a role, or account' },
    action: { about: 'the permission, such as kms:Decrypt' },
    resource: { about: 'the ARN of a key, alias, role and so on, or a key id or alias; default *' },
    context: {
      about: 'a condition key and its value, KEY=VALUE; once more for each further one',
      kind: 'list',
    },
    'session-policy': { about: 'a file with the session policy that a session of the role has' },
    json: { about: 'prints JSON', kind: 'switch' },
  },
  run: async (input) => {
    const { config, flags, lists, output, switches } = input
    requireDataFolder(config)
    const action = requireFlag(input, 'action')
    if (!ACTION.test(action))
      throw new ConfigError(`--action is '${action}', which is not such as kms:Decrypt`)
    const policyFile = flags['session-policy']
    const request = {
      principal: requireFlag(input, 'principal'),
      action,
      resource: flags['resource'] ?? '*',
      region: config.region,
      context: parseContext(lists['context'] ?? []),
      sessionPolicy: policyFile === undefined ? undefined : await readGivenFile(input, 'session-policy'),
    }
    const examined = await asExplainer(config, openLog(), (explainer) => simulateRequest(explainer, request))
    if (switches.has('json')) output.print(printableJson(explainedJson(examined)))
    else output.print(formatSimulated(examined).join('\n'))
    return examined.decision.allow ? 0 : EXIT_REFUSED
  },
}

/** Values by condition key, in lower case; a key that is given twice has both. */
function parseContext(entries: readonly string[]): ReadonlyMap<string, string | readonly string[]> {
  const context = new Map<string, readonly string[]>()
  for (const entry of entries) {
    const at = entry.indexOf('=')
    if (at <= 0) throw new ConfigError(`--context is '${entry}', which is not KEY=VALUE`)
    const key = entry.slice(0, at).toLowerCase()
    context.set(key, [...(context.get(key) ?? []), entry.slice(at + 1)])
  }
  return new Map([...context].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]))
}
