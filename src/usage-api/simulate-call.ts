import { KmsError } from '../api/errors.ts'
import { list, optional, structure, text } from '../api/shapes.ts'
import { simulateRequest } from '../explain/simulate.ts'
import type { ContextValue } from '../policy/context.ts'
import { DECISION, type DecisionView, decisionAnswer } from './decision-answer.ts'
import { seesEveryAccount } from './seen-accounts.ts'
import { isOfOther, simulated } from './simulated.ts'
import { type Invocation, type Subject, usageOperation } from './usage-operation.ts'

/** Source of the lengths: IAM API Reference, "SimulatePrincipalPolicy". */
const ARN = text({ min: 1, max: 2048 })
const ACTION = text({ min: 3, max: 128 })
const KEY = text({ min: 5, max: 256 })
/** Condition keys of one request, and values of one of them: bounds of Holdfast's. */
const KEYS_MAX = 100
const VALUES_MAX = 100
const VALUE_MAX_CHARS = 2048
/** Source: AWS STS API Reference, "AssumeRole", `Policy`. */
const SESSION_POLICY_MAX_CHARS = 2048

const INPUT = {
  PrincipalArn: ARN,
  Action: ACTION,
  Resource: optional(ARN),
  Context: optional(
    list(
      structure({
        Key: KEY,
        Values: list(text({ max: VALUE_MAX_CHARS }), { min: 1, max: VALUES_MAX }),
      }),
      { max: KEYS_MAX },
    ),
  ),
  SessionPolicy: optional(text({ min: 1, max: SESSION_POLICY_MAX_CHARS })),
  FederatedBy: optional(ARN),
}
const OUTPUT = { Permission: DECISION }

type SimulateInvocation = Invocation<typeof INPUT, DecisionView>

/** Says whether a call that nobody has made would be allowed. */
export const simulateCall = usageOperation(
  { name: 'SimulateCall', input: INPUT, output: OUTPUT, find, rate: 'light' },
  async ({ call, input, dependencies, subject: view }: SimulateInvocation) => {
    const examined = await simulated(() =>
      simulateRequest(dependencies.explaining, {
        principal: input.PrincipalArn,
        action: input.Action,
        resource: input.Resource ?? '*',
        region: call.region,
        context: contextOf(input.Context ?? []),
        sessionPolicy: input.SessionPolicy,
        federatedBy: input.FederatedBy,
      }),
    )
    return { output: { Permission: await decisionAnswer(examined, view, dependencies.giveWay) } }
  },
)

/**
 * Finds the principal, on which the caller needs the permission. A caller who does not see every account simulates its own
 * principals on its own resources.
 *
 * @throws NotFoundException for principals and resources of other accounts, as for those that do not exist.
 */
async function find({
  call,
  input,
  dependencies,
}: Omit<SimulateInvocation, 'subject'>): Promise<Subject<DecisionView>> {
  const { PrincipalArn: resource, Resource = '*' } = input
  const { account } = call.caller
  if (await seesEveryAccount(dependencies, call.caller)) return { resource, subject: 'everything' }
  const other = [resource, Resource].find((name) => isOfOther(name, account))
  if (other === undefined) return { resource, subject: 'own' }
  throw new KmsError('NotFoundException', `'${other}' does not exist`)
}

/** Values by condition key, in lower case; a key that is given twice has both. */
function contextOf(
  entries: readonly { readonly Key: string; readonly Values: readonly string[] }[],
): ReadonlyMap<string, ContextValue> {
  const context = new Map<string, readonly string[]>()
  for (const { Key, Values } of entries) {
    const key = Key.toLowerCase()
    context.set(key, [...(context.get(key) ?? []), ...Values])
  }
  return new Map([...context].map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]))
}
