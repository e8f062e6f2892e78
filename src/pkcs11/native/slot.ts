import { TokenFailure } from '../failure.ts'
import type { TokenFacts, TokenPlace } from '../messages.ts'
import { CKM, TOKEN_FLAG } from './constants.ts'
import type { Library } from './library.ts'
import { type Memory, type Piece, wordAt } from './memory.ts'

/** More slots and mechanisms than any module has. */
const LIST_MAX = 4096
const TOKEN_INFO_BYTES = 208
const INFO_FLAGS_WORD = 12
const PRESENT = 1

/** A slot whose token is the one that is asked for. */
export type FoundSlot = TokenFacts & { readonly slot: bigint; readonly flags: bigint }

type Native = { readonly library: Library; readonly memory: Memory }

/**
 * The slot of a token by its label and serial number.
 *
 * @throws TokenFailure: TokenAbsent when there is none, TokenUnfit when there are several or it is not initialized.
 */
export function findSlot(native: Native, place: TokenPlace): FoundSlot {
  const name = nameOf(place)
  const found = slotsOf(native)
    .map((slot) => tokenOf(native, slot))
    .filter(({ label, serial }) => (place.label ?? label) === label && (place.serial ?? serial) === serial)
  const [one, another] = found
  if (one === undefined) throw new TokenFailure('TokenAbsent', `no slot has the token ${name}`)
  if (another !== undefined)
    throw new TokenFailure('TokenUnfit', `several slots have a token ${name}: name it by its serial number`)
  if ((one.flags & TOKEN_FLAG.TOKEN_INITIALIZED) === 0n)
    throw new TokenFailure('TokenUnfit', `the token ${name} is not initialized`)
  return one
}

/** What messages call a token. */
export function nameOf({ label, serial }: TokenPlace): string {
  const parts = [
    label === undefined ? [] : [`'${label}'`],
    serial === undefined ? [] : [`with serial number ${serial}`],
  ]
  return parts.flat().join(' ')
}

/** @throws TokenFailure when a token does not encrypt with AES-GCM, or makes no AES keys. */
export function checkMechanisms(native: Native, slot: bigint): void {
  const mechanisms = listOf(native, (list, count) =>
    native.library.call('C_GetMechanismList', [slot, list, count]),
  )
  if (mechanisms.includes(CKM.AES_GCM) && mechanisms.includes(CKM.AES_KEY_GEN)) return
  throw new TokenFailure('TokenUnfit', 'the token has no AES-GCM, or makes no AES keys')
}

function slotsOf(native: Native): readonly bigint[] {
  return listOf(native, (list, count) => native.library.call('C_GetSlotList', [PRESENT, list, count]))
}

/** A list that a function gives in two steps: its length, then its items. */
function listOf(
  { memory }: Native,
  call: (list: bigint | null, count: bigint) => unknown,
): readonly bigint[] {
  return memory.during(() => {
    const count = memory.words(0n)
    call(null, count.pointer)
    const length = Number(wordAt(count, 0))
    if (length > LIST_MAX) throw new TokenFailure('Failed', `the module lists ${length} items`)
    const list = memory.take(length * 8)
    call(list.pointer, count.pointer)
    const filled = Math.min(Number(wordAt(count, 0)), length)
    return Array.from({ length: filled }, (_, index) => wordAt(list, index))
  })
}

function tokenOf({ library, memory }: Native, slot: bigint): FoundSlot & { readonly label: string } {
  return memory.during(() => {
    const info = memory.take(TOKEN_INFO_BYTES)
    library.call('C_GetTokenInfo', [slot, info.pointer])
    return {
      slot,
      flags: wordAt(info, INFO_FLAGS_WORD),
      label: textOf(info, 0, 32),
      manufacturer: textOf(info, 32, 64),
      model: textOf(info, 64, 80),
      serial: textOf(info, 80, 96),
    }
  })
}

/** Texts of fixed length are filled with blanks; some modules fill them with zeros. */
function textOf({ bytes }: Piece, from: number, to: number): string {
  return bytes.toString('utf8', from, to).replace(/[\0 ]+$/, '')
}
