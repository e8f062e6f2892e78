import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { uint32 } from '../base/bytes.ts'
import { Crc64Nvme, crc32c } from './crc.ts'

/** A hash or checksum of bytes that arrive a piece at a time. */
export type RunningHash = {
  readonly update: (bytes: Uint8Array) => void
  /** The result; called once. */
  readonly digest: () => Uint8Array
}

/** The hashes and checksums of S3. Source: Amazon S3 API Reference, "ChecksumAlgorithm"; RFC 1864 for MD5. */
export type HashName = 'md5' | 'sha1' | 'sha256' | 'crc32' | 'crc32c' | 'crc64nvme'

/** Begins a hash. */
export function runningHash(name: HashName): RunningHash {
  switch (name) {
    case 'crc32':
      return runningCrc((bytes, value) => crc32(bytes, value))
    case 'crc32c':
      return runningCrc(crc32c)
    case 'crc64nvme':
      return new Crc64Nvme()
    case 'md5':
    case 'sha1':
    case 'sha256': {
      const hash = createHash(name)
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() }
    }
  }
}

function runningCrc(next: (bytes: Uint8Array, value: number) => number): RunningHash {
  let value = 0
  return {
    update: (bytes) => {
      value = next(bytes, value)
    },
    digest: () => uint32(value),
  }
}
