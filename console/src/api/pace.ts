import type { OperationName } from './client.ts'

/** The server admits two of these calls a second for an account, and answers the others with an error, which it records. */
const PACED: ReadonlySet<OperationName> = new Set<OperationName>([
  ...(['CountEvents', 'ExplainCall', 'GetKeyImpact', 'GetMaterialUsage', 'GetUsage'] as const),
  ...(['ListInsights', 'ListKeyAccess', 'ListRefusals'] as const),
  ...(['WhatIfControlPolicy', 'WhatIfIdentityPolicy', 'WhatIfPolicy', 'WhatIfTrustPolicy'] as const),
])
/** Somewhat slower than the server admits: calls may arrive closer together than they were sent. */
const INTERVAL_MS = 600
/** Calls at once after a pause. */
const BURST = 2

let freeAtMs = 0

/** Resolves when the page may send the next call of an operation, so that it does not run into the rate of the server. */
export async function paced(name: OperationName): Promise<void> {
  if (!PACED.has(name)) return
  const now = performance.now()
  const waitMs = freeAtMs - (BURST - 1) * INTERVAL_MS - now
  freeAtMs = Math.max(now, freeAtMs) + INTERVAL_MS
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
}
