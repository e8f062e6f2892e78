/** For tests: virtual MFA devices, and the app that shows their codes. */

import { HOTP, Secret } from 'otpauth'
import { type Answer, inside } from './sdk-by-name.ts'

type Ask = (operation: string, input: Readonly<Record<string, unknown>>) => Promise<Answer>

const STEP_MS = 30_000

/** The seeds of the tests' devices by serial number. */
const SEEDS = new Map<unknown, string>()

/** The code of a seed a number of time steps from now. */
export function codeOf(seed: string, steps: number): string {
  const secret = Secret.fromBase32(seed)
  return HOTP.generate({ secret, counter: Math.floor(Date.now() / STEP_MS) + steps })
}

/** The same for a device from {@link newDevice}. */
export function codeAt(serial: unknown, steps: number): string {
  return codeOf(SEEDS.get(serial) ?? '', steps)
}

/** Creates a device that no user has enabled. Returns its serial number. */
export async function newDevice(ask: Ask, name: string): Promise<string> {
  const device = inside(
    await ask('CreateVirtualMFADevice', { VirtualMFADeviceName: name }),
    'VirtualMFADevice',
  )
  const serial = String(inside(device, 'SerialNumber'))
  SEEDS.set(serial, Buffer.from(inside(device, 'Base32StringSeed') as Uint8Array).toString())
  return serial
}

/**
 * Creates and enables a device for a user. The current code is then used; the next one is not. Returns the serial
 * number.
 */
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
