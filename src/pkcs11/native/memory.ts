import { getRawPointer } from 'node:ffi'
import { assert } from '../../base/assert.ts'

/** More than the largest call needs: lists of 1,024 slots or mechanisms, and 64 KiB of data twice. */
const SIZE_BYTES = 262_144
const WORD = 8

/** A piece of memory that a library reads or writes. */
export type Piece = { readonly pointer: bigint; readonly bytes: Buffer }

/**
 * Memory for the arguments of one call at a time. It has one fixed place, which no garbage collection moves, and is
 * cleared after each use. Numbers are as on 64-bit little-endian machines, where a CK_ULONG has 8 bytes.
 */
export class Memory {
  readonly #buffer = Buffer.alloc(SIZE_BYTES)
  readonly #base = getRawPointer(this.#buffer)
  #used = 0

  /** Runs `use`, during which pieces can be taken, and clears all of them after it. */
  during<T>(use: () => T): T {
    const before = this.#used
    try {
      return use()
    } finally {
      this.#buffer.fill(0, before, this.#used)
      this.#used = before
    }
  }

  /** A piece of zeros. */
  take(sizeBytes: number): Piece {
    const at = this.#used
    const end = at + Math.ceil(Math.max(sizeBytes, 1) / WORD) * WORD
    assert(end <= SIZE_BYTES, 'a call to a token fits into its memory')
    this.#used = end
    return { pointer: this.#base + BigInt(at), bytes: this.#buffer.subarray(at, at + sizeBytes) }
  }

  /** A piece with a copy of bytes. */
  copy(bytes: Uint8Array): Piece {
    const piece = this.take(bytes.length)
    piece.bytes.set(bytes)
    return piece
  }

  /** A piece of numbers, such as a structure whose members are all CK_ULONG or pointers. */
  words(...values: readonly bigint[]): Piece {
    const piece = this.take(values.length * WORD)
    for (const [index, value] of values.entries()) piece.bytes.writeBigUInt64LE(value, index * WORD)
    return piece
  }
}

/** A number of a piece, counted in words. */
export function wordAt({ bytes }: Piece, index: number): bigint {
  return bytes.readBigUInt64LE(index * WORD)
}
