import type { EpochMs } from '../base/ports.ts'
import type { StoredStream } from './object-files.ts'
import type { Checksum } from './payload.ts'

/** Encryption under a KMS key: one layer, or two. */
export type KmsAlgorithm = 'aws:kms' | 'aws:kms:dsse'

/** Tags, by key. */
export type Tags = Readonly<Record<string, string>>

/** The default encryption of a bucket. */
export type BucketEncryption = {
  readonly algorithm: 'AES256' | KmsAlgorithm
  /** As it was given; nothing for the AWS managed key. */
  readonly keyId?: string | undefined
  readonly bucketKey: boolean
}

/** A bucket. */
export type BucketEntry = {
  readonly format: 1
  readonly name: string
  /** The account that owns it. */
  readonly account: string
  readonly region: string
  readonly createdAt: EpochMs
  readonly encryption: BucketEncryption
  /** The text of its policy. */
  readonly policy?: string | undefined
  /** The unique ids of the principals that the policy names, by ARN. */
  readonly principalIds?: Readonly<Record<string, string>> | undefined
  /** Whether its objects get versions; nothing for a bucket that has never had any. */
  readonly versioning?: 'Enabled' | 'Suspended' | undefined
  readonly tags?: Tags | undefined
  readonly cors?: readonly CorsRule[] | undefined
}

/** A rule of pages of other origins that may call. */
export type CorsRule = {
  readonly id: string | undefined
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  readonly headers: readonly string[]
  /** Headers of answers that pages may read. */
  readonly exposed: readonly string[]
  readonly maxAgeSeconds: number | undefined
}

/** How the data key of an object is protected. Blobs are in base64. */
export type ObjectEncryption =
  | { readonly type: 'AES256'; readonly wrapped: string }
  | {
      readonly type: KmsAlgorithm
      readonly keyArn: string
      /** The data key, or the bucket key, as KMS has encrypted it. */
      readonly ciphertext: string
      /** The pairs that the client has added to the encryption context. */
      readonly context?: Readonly<Record<string, string>> | undefined
      readonly bucketKey: boolean
      /** The data key of the second layer, wrapped under a key that derives from the root key. */
      readonly secondWrapped?: string | undefined
    }
  /** Under a key of the customer, which is not stored. */
  | {
      readonly type: 'customer'
      readonly salt: string
      /** The value by which the key is recognized. */
      readonly check: string
    }

/** What a client says of an object, beside its bytes. */
export type ObjectFacts = {
  /** Headers that an answer repeats, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** User metadata, by lower-case name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  readonly tags?: Tags | undefined
}

/** A checksum of an object, and whether it is one of its bytes or of the checksums of its parts. */
export type ObjectChecksum = Checksum & { readonly type: 'FULL_OBJECT' | 'COMPOSITE' }

/** A part of an object, as it is stored. */
type ObjectStream = StoredStream & { readonly part: number }

/** An object. */
export type ObjectEntry = ObjectFacts & {
  readonly format: 1
  /** The version that its streams are bound to. */
  readonly version: string
  readonly sizeBytes: number
  /** Without quotation marks. */
  readonly etag: string
  readonly modifiedAt: EpochMs
  readonly encryption: ObjectEncryption
  readonly checksum?: ObjectChecksum | undefined
  readonly streams: readonly ObjectStream[]
  readonly isMarker?: undefined
} & Versioned

/** What places a version among those of its key. */
type Versioned = {
  /** Newer versions have greater numbers; without it, the time of the object counts. */
  readonly order?: number | undefined
  /** Whether it has an id of its own; otherwise it is the null version of its key, of which there is one at most. */
  readonly hasId?: true | undefined
}

/** A version that says that there is no object. */
export type DeleteMarker = {
  readonly format: 1
  readonly isMarker: true
  readonly version: string
  readonly modifiedAt: EpochMs
} & Versioned

/** A version of an object. */
export type VersionEntry = ObjectEntry | DeleteMarker

/** A multipart upload that is not complete. */
export type UploadEntry = ObjectFacts & {
  readonly format: 1
  /** Also the version of the object that it becomes. */
  readonly id: string
  readonly key: string
  readonly createdAt: EpochMs
  /** The ARN of who has begun it. */
  readonly initiator: string
  readonly encryption: ObjectEncryption
  readonly checksumAlgorithm?: Checksum['algorithm'] | undefined
  readonly checksumType?: ObjectChecksum['type'] | undefined
}

/** A part of a multipart upload. */
export type PartEntry = StoredStream & {
  readonly format: 1
  readonly part: number
  readonly etag: string
  readonly modifiedAt: EpochMs
  readonly checksum?: Checksum | undefined
}
