import { PARTITION, parseArn } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import type { Call } from '../dispatch/operation.ts'
import type { Records, Stored } from '../store/records.ts'
import { listTrails, TRAIL, type TrailValue, trailRecordName } from './trail-records.ts'

const NAME_MIN = 3
const NAME_MAX = 128
const NAME = /^[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*$/
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/
const ARN_PREFIX = 'trail/'

/** The ARN of a trail. */
export function trailArn(region: string, account: string, name: string): string {
  return `arn:${PARTITION}:cloudtrail:${region}:${account}:${ARN_PREFIX}${name}`
}

/** The trail that a request names. */
export type TrailName = { readonly region: string; readonly account: string; readonly name: string }

/**
 * The trail that a name or ARN names; names are of the region of the call.
 *
 * @throws InvalidTrailNameException, CloudTrailARNInvalidException.
 */
export function parseTrailName(call: Call, text: string): TrailName {
  if (!text.startsWith('arn:')) {
    checkTrailName(text)
    return { region: call.region, account: call.caller.account, name: text }
  }
  const arn = parseArn(text)
  if (arn === undefined || arn.service !== 'cloudtrail' || !arn.resource.startsWith(ARN_PREFIX)) {
    throw new KmsError('CloudTrailARNInvalidException', `The ARN ${text} is not valid.`)
  }
  const { region, account, resource } = arn
  return { region, account, name: resource.slice(ARN_PREFIX.length) }
}

/** @throws InvalidTrailNameException. Source: AWS CloudTrail API Reference, "CreateTrail", Name. */
export function checkTrailName(name: string): void {
  const long = name.length >= NAME_MIN && name.length <= NAME_MAX
  if (long && NAME.test(name) && !ADDRESS.test(name)) return
  throw new KmsError('InvalidTrailNameException', `Trail name ${name} is not valid.`)
}

/** A trail of the caller's account by its name or ARN. @throws TrailNotFoundException and those of the name. */
export async function findTrail(records: Records, call: Call, text: string): Promise<Stored<TrailValue>> {
  const { region, account, name } = parseTrailName(call, text)
  const own = account === call.caller.account
  const trail = own ? await records.get(TRAIL, account, trailRecordName(region, name)) : undefined
  if (trail !== undefined) return trail
  // A trail of all regions has its name in each of them.
  const shadow = own
    ? (await listTrails(records, account)).find((one) => isShadow(one.value, name))
    : undefined
  if (shadow !== undefined && !text.startsWith('arn:')) return shadow
  throw new KmsError('TrailNotFoundException', `Unknown trail: ${text} for the user: ${call.caller.account}`)
}

function isShadow(trail: TrailValue, name: string): boolean {
  return trail.multiRegion && trail.name === name
}

/** The same, to change it: only in its home region. @throws InvalidHomeRegionException beside the others. */
export async function findOwnTrail(records: Records, call: Call, text: string): Promise<Stored<TrailValue>> {
  const trail = await findTrail(records, call, text)
  if (trail.value.region === call.region) return trail
  throw new KmsError(
    'InvalidHomeRegionException',
    `Trail ${trail.value.name} can only be changed in its home region ${trail.value.region}.`,
  )
}
