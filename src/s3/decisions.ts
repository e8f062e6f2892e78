import type { Authenticated, Proof } from './authenticate.ts'
import { type AuthorizationDependencies, authorize, type DecidedCall } from './authorize.ts'
import type { Need, S3Call } from './call.ts'
import type { Catalogue } from './catalogue.ts'
import { currentBucket } from './current-bucket.ts'
import { S3Error } from './s3-error.ts'

/** Authenticates the caller; again if a record has changed since the cache was validated for the request. */
export async function authenticateFresh(
  { freshness }: Pick<AuthorizationDependencies, 'freshness'>,
  prove: Proof,
): Promise<Authenticated> {
  try {
    return await prove()
  } catch (error) {
    if (!(error instanceof S3Error) || !(await freshness.renewed())) throw error
    return prove()
  }
}

type Dependencies = AuthorizationDependencies & { readonly catalogue: Pick<Catalogue, 'bucket'> }

/** The decisions on a call, whose body may take long: each is by what the records say at its time. */
export function decisionsOf(
  dependencies: Dependencies,
  call: DecidedCall,
): Pick<S3Call, 'authorize' | 'decideAgain'> {
  const { catalogue, freshness } = dependencies
  const allowed: Need[] = []
  let { authenticated } = call
  const decide = async (needs: readonly Need[]): Promise<void> => {
    // Since the head of the request, the bucket may have got another policy.
    const current = needs.map((need) => ({
      ...need,
      bucket: need.bucket && currentBucket(catalogue, need.bucket),
    }))
    await authorize(dependencies, { ...call, authenticated }, current)
    for (const { bucket } of needs) if (bucket !== undefined) currentBucket(catalogue, bucket)
  }
  return {
    authorize: async (needs) => {
      await decide(needs)
      allowed.push(...needs)
    },
    decideAgain: async () => {
      await freshness.reached()
      authenticated = await authenticateFresh(dependencies, call.prove)
      if (allowed.length > 0) await decide(allowed)
    },
  }
}
