import { DynamicLibrary, type FunctionSignature } from 'node:ffi'
import { TokenFailure, type TokenReason } from '../failure.ts'
import { CKR } from './constants.ts'

const P = 'pointer'
const U = 'uint64'

/** The functions that Holdfast calls. Source: OASIS, PKCS #11 Specification Version 3.1, section 5. */
const FUNCTIONS = {
  C_Initialize: { arguments: [P], return: U },
  C_Finalize: { arguments: [P], return: U },
  C_GetSlotList: { arguments: ['uint8', P, P], return: U },
  C_GetTokenInfo: { arguments: [U, P], return: U },
  C_GetMechanismList: { arguments: [U, P, P], return: U },
  C_OpenSession: { arguments: [U, U, P, P, P], return: U },
  C_CloseAllSessions: { arguments: [U], return: U },
  C_GetSessionInfo: { arguments: [U, P], return: U },
  C_Login: { arguments: [U, U, P, U], return: U },
  C_FindObjectsInit: { arguments: [U, P, U], return: U },
  C_FindObjects: { arguments: [U, P, U, P], return: U },
  C_FindObjectsFinal: { arguments: [U], return: U },
  C_GetAttributeValue: { arguments: [U, U, P, U], return: U },
  C_GenerateKey: { arguments: [U, P, P, U, P], return: U },
  C_DestroyObject: { arguments: [U, U], return: U },
  C_EncryptInit: { arguments: [U, P, U], return: U },
  C_Encrypt: { arguments: [U, P, U, P, P], return: U },
  C_DecryptInit: { arguments: [U, P, U], return: U },
  C_Decrypt: { arguments: [U, P, U, P, P], return: U },
  C_GenerateRandom: { arguments: [U, P, U], return: U },
} as const satisfies { readonly [name: string]: FunctionSignature }

/** The name of one of the functions. */
export type FunctionName = keyof typeof FUNCTIONS
type Argument = bigint | number | null

/** A library of PKCS #11 in this process. */
export type Library = {
  /** Calls a function. @throws CallError unless it returns CKR_OK or one of `also`. */
  readonly call: (name: FunctionName, args: readonly Argument[], also?: readonly bigint[]) => bigint
}

/** A function of a library has returned an error. */
export class CallError extends TokenFailure {
  readonly value: bigint

  constructor(name: FunctionName, value: bigint) {
    super(reasonOf(value), `${name} failed with ${nameOf(value)}`)
    this.value = value
  }
}

/** Loads a library. @throws TokenFailure when it is none, or lacks a function. */
export function openLibrary(path: string): Library {
  const library = load(path)
  const functions = new Map<FunctionName, (...args: Argument[]) => bigint>()
  const find = (name: FunctionName): ((...args: Argument[]) => bigint) => {
    const known = functions.get(name)
    if (known !== undefined) return known
    const found = parseFunction(library.getFunction(name, FUNCTIONS[name]))
    functions.set(name, found)
    return found
  }
  for (const name of parseNames(Object.keys(FUNCTIONS))) {
    try {
      find(name)
    } catch (cause) {
      throw new TokenFailure('ModuleFailed', `${path} does not export ${name}`, { cause })
    }
  }
  return {
    call: (name, args, also = []) => {
      const value = find(name)(...args)
      if (value === CKR.OK || also.includes(value)) return value
      throw new CallError(name, value)
    },
  }
}

function load(path: string): DynamicLibrary {
  try {
    return new DynamicLibrary(path)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TokenFailure('ModuleFailed', `the module ${path} cannot be loaded: ${why}`, { cause })
  }
}

/** The types of Node know a signature only when it is one function's, not one of several. */
function parseFunction(found: unknown): (...args: Argument[]) => bigint {
  return found as (...args: Argument[]) => bigint
}

function parseNames(names: readonly string[]): readonly FunctionName[] {
  return names as readonly FunctionName[]
}

const REASONS: ReadonlyMap<bigint, TokenReason> = new Map([
  [CKR.DEVICE_MEMORY, 'TokenFull'],
  [CKR.TOKEN_NOT_PRESENT, 'TokenAbsent'],
  [CKR.TOKEN_NOT_RECOGNIZED, 'TokenAbsent'],
  [CKR.DEVICE_REMOVED, 'TokenAbsent'],
  [CKR.TOKEN_WRITE_PROTECTED, 'TokenUnfit'],
  [CKR.MECHANISM_INVALID, 'TokenUnfit'],
  [CKR.MECHANISM_PARAM_INVALID, 'TokenUnfit'],
  [CKR.PIN_INCORRECT, 'PinRefused'],
  [CKR.PIN_INVALID, 'PinRefused'],
  [CKR.PIN_LEN_RANGE, 'PinRefused'],
  [CKR.PIN_EXPIRED, 'PinRefused'],
  [CKR.PIN_LOCKED, 'PinLocked'],
  [CKR.USER_PIN_NOT_INITIALIZED, 'PinMissing'],
  [CKR.KEY_FUNCTION_NOT_PERMITTED, 'KeyUnfit'],
])

function reasonOf(value: bigint): TokenReason {
  return REASONS.get(value) ?? 'Failed'
}

const NAMES = new Map<bigint, string>(Object.entries(CKR).map(([name, value]) => [value, `CKR_${name}`]))

function nameOf(value: bigint): string {
  return NAMES.get(value) ?? `error 0x${value.toString(16)}`
}
