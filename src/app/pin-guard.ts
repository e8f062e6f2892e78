import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemSleep } from '../base/ports.ts'
import type { PinGuard } from '../pkcs11/token-client.ts'
import { claimFileLock } from '../store/file-lock.ts'

/** What is known of the PINs of tokens, within the data folder. */
const FOLDER = 'pkcs11'

const CLAIM_RETRY_MS = 50
/** A login takes seconds at most; a process that hangs is ended before. */
const CLAIM_ATTEMPTS = 400

/** The guard of a data folder. Before the folder exists, each process has one of its own. */
export function openPinGuard(data: string): PinGuard {
  const own = new Map<string, string>()
  const folder = join(data, FOLDER)
  const placeOf = (token: string, end: 'lock' | 'refused'): string | undefined => {
    if (!existsSync(data)) return undefined
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return join(folder, `${token}.${end}`)
  }
  return {
    claim: async (token) => {
      const path = placeOf(token, 'lock')
      if (path === undefined) return { [Symbol.dispose]: () => {} }
      for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt += 1) {
        const lock = claimFileLock(path)
        if (lock !== undefined) return { [Symbol.dispose]: () => lock.release() }
        await systemSleep(CLAIM_RETRY_MS)
      }
      throw new Error('another process logs in to it and does not end')
    },
    refused: (token) => {
      const path = placeOf(token, 'refused')
      return path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : own.get(token)
    },
    refuse: (token, file) => {
      own.set(token, file)
      const path = placeOf(token, 'refused')
      if (path !== undefined) writeFileSync(path, file, { mode: 0o600 })
    },
  }
}
