import { ApiError, call } from './client.ts'
import { patiently } from './what-if.ts'

/** What a principal may do, as far as it may know that itself: nothing is known without `holdfast:SimulateCall`. */
export type Known = { readonly allowed: boolean; readonly reason: string } | undefined

/** What the codes of refusals begin with. Another failure says nothing about permissions, and is no answer for the whole session. */
const REFUSED = 'AccessDenied'

/** Whether a principal may simulate itself: asked once, since each refusal stands in the audit log. */
const mayAsk = new Map<string, Promise<boolean>>()

/** Asks the simulator whether a principal may do something. @throws Unreachable, SessionEnded. */
export async function simulateOwn(
  principal: string,
  action: string,
  resource: string,
): Promise<{ readonly known: Known }> {
  const first = mayAsk.get(principal) ?? askFirst(principal)
  mayAsk.set(principal, first)
  if (!(await first)) return { known: undefined }
  const input = { PrincipalArn: principal, Action: action, Resource: resource }
  const { Permission } = await patiently(() => call('SimulateCall', input))
  const { Allowed, Reason = '' } = Permission ?? {}
  return { known: Allowed === undefined ? undefined : { allowed: Allowed, reason: Reason } }
}

async function askFirst(PrincipalArn: string): Promise<boolean> {
  const input = { PrincipalArn, Action: 'holdfast:SimulateCall', Resource: PrincipalArn }
  try {
    await patiently(() => call('SimulateCall', input))
    return true
  } catch (error) {
    if (error instanceof ApiError && error.code.startsWith(REFUSED)) return false
    mayAsk.delete(PrincipalArn)
    throw error
  }
}
