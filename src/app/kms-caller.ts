import { openClient } from '../client/client.ts'
import { ServiceError } from '../client/service-error.ts'
import { readProfile } from '../config/credentials-file.ts'
import type { SealConfig } from '../config/seal-settings.ts'
import type { CallKms } from '../custody/roots/kms.ts'

/** The default profile of a shared-credentials file. */
const DEFAULT_PROFILE = 'default'

/** Calls key management services with the credentials that the configuration and the environment give. */
export function kmsCaller(seal: SealConfig): CallKms {
  return async ({ endpoint, region, profile }, operation, input) => {
    const credentials = await findCredentials(seal, profile)
    using client = openClient({ endpoint, region, credentials })
    try {
      return await client.call(operation, input)
    } catch (error) {
      if (!(error instanceof ServiceError))
        throw new Error(`${endpoint}: ${reasonOf(error)}`, { cause: error })
      const { code, message } = error
      throw new Error(`${endpoint}: ${code}${message === '' ? '' : `: ${message}`}`, { cause: error })
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

type Found = Awaited<ReturnType<typeof readProfile>>

/** A profile comes from a file; without one, the variables of AWS's clients go before the file. */
async function findCredentials(
  { kmsCredentialsFile, aws }: SealConfig,
  profile: string | undefined,
): Promise<Found> {
  const { accessKeyId, secretAccessKey, sessionToken } = aws
  if (kmsCredentialsFile !== undefined) return readOf(kmsCredentialsFile, profile ?? DEFAULT_PROFILE)
  if (profile === undefined && accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, sessionToken }
  return readOf(aws.credentialsFile, profile ?? aws.profile ?? DEFAULT_PROFILE)
}

async function readOf(path: string, profile: string): Promise<Found> {
  try {
    return await readProfile(path, profile)
  } catch (cause) {
    throw new Error(`no credentials in ${path}: ${reasonOf(cause)}`, { cause })
  }
}
