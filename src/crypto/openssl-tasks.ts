import {
  constants,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  sign as signMessage,
  verify as verifyMessage,
} from 'node:crypto'

/** OpenSSL's hash and padding for a message; no hash for schemes that include one. */
export type MessageScheme = {
  readonly hash: string | null
  readonly options: {
    readonly padding?: number
    readonly saltLength?: number
    readonly dsaEncoding?: 'der'
  }
}

/** OpenSSL computations that Node offers only synchronously. Keys are passed as handles, which threads share. */
export type OpensslTask =
  | ({ readonly name: 'sign'; readonly key: KeyObject; readonly message: Uint8Array } & MessageScheme)
  | ({
      readonly name: 'verify'
      readonly key: KeyObject
      readonly message: Uint8Array
      readonly signature: Uint8Array
    } & MessageScheme)
  | { readonly name: 'agree'; readonly key: KeyObject; readonly peer: KeyObject }
  | {
      readonly name: 'rsa-decrypt'
      readonly key: KeyObject
      readonly oaepHash: string
      readonly ciphertext: Uint8Array
    }
  | {
      readonly name: 'rsa-sign'
      readonly key: KeyObject
      /** `pkcs1`: OpenSSL applies PKCS #1 type 1 padding. `none`: the message is as long as the modulus. */
      readonly padding: 'pkcs1' | 'none'
      readonly message: Uint8Array
    }

const NAMES: ReadonlySet<string> = new Set<OpensslTask['name']>([
  ...(['sign', 'verify', 'agree', 'rsa-decrypt', 'rsa-sign'] as const),
])

/** Whether a task is OpenSSL's. */
export function isOpenssl(task: { readonly name: string }): task is OpensslTask {
  return NAMES.has(task.name)
}

/** Runs a task synchronously; returns nothing for a failed decryption. */
export function runOpenssl(task: OpensslTask): Uint8Array | boolean | undefined {
  switch (task.name) {
    case 'sign':
      return signMessage(task.hash, task.message, { key: task.key, ...task.options })
    case 'verify':
      return verifyMessage(task.hash, task.message, { key: task.key, ...task.options }, task.signature)
    case 'agree':
      return diffieHellman({ privateKey: task.key, publicKey: task.peer })
    case 'rsa-decrypt':
      return decryptOaep(task)
    case 'rsa-sign':
      return privateEncrypt({ key: task.key, padding: PADDINGS[task.padding] }, task.message)
  }
}

const PADDINGS = { pkcs1: constants.RSA_PKCS1_PADDING, none: constants.RSA_NO_PADDING }

function decryptOaep({
  key,
  oaepHash,
  ciphertext,
}: Extract<OpensslTask, { name: 'rsa-decrypt' }>): Uint8Array | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, ciphertext)
  } catch {
    return undefined
  }
}
