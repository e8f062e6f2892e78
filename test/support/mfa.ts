/** For tests: virtual MFA devices, and the app that shows their codes. */

import { HOTP, Secret } from 'otpauth'
import { type Answer, inside } from './sdk-by-name.ts'

type Ask = (operation: string, input: Readonly<Record<string, unknown>>) => Promise<Answer>

const STEP_MS = 30_000

/** The seeds of devices that tests have made, by serial number. */
const SEEDS = new Map<unknown, string>()

/** The code of a seed some steps after the present one. */
export function codeOf(seed: string, steps: number): string {
  const secret = Secret.fromBase32(seed)
  return HOTP.generate({ secret, counter: Math.floor(Date.now() / STEP_MS) + steps })
}

/** The same for a device that {@link newDevice} has made. */
export function codeAt(serial: unknown, steps: number): string {
  return codeOf(SEEDS.get(serial) ?? '', steps)
}

/** A new device that is enabled for nobody; gives its serial number. */
export async function newDevice(ask: Ask, name: string): Promise<string> {
  const device = inside(
    await ask('CreateVirtualMFADevice', { VirtualMFADeviceName: name }),
    'VirtualMFADevice',
  )
  const serial = String(inside(device, 'SerialNumber'))
  SEEDS.set(serial, Buffer.from(inside(device, 'Base32StringSeed') as Uint8Array).toString())
  return serial
}

/** A new device of a user, whose present code is used: the next one is not. Gives its serial number. */
export async function enableDevice(
  ask: Ask,
  name: string,
  { UserName }: { readonly UserName?: unknown },
): Promise<string> {
  const SerialNumber = await newDevice(ask, name)
  await ask('EnableMFADevice', {
    ...{ UserName, SerialNumber },
    ...{ AuthenticationCode1: codeAt(SerialNumber, -1), AuthenticationCode2: codeAt(SerialNumber, 0) },
  })
  return SerialNumber
}
