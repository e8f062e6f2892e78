import { type FileHandle, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from '../audit/archive/segment-files.ts'
import { formatVerifierKey } from '../audit/proofs/note.ts'
import { REPORTS_FOLDER, reportDay, reportFileName } from '../compliance/report-names.ts'
import { NOTE_MAX_BYTES, reportVerifierKey } from '../compliance/signed-files.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import type { ReportFiles } from '../usage-api/report-files.ts'

/** The reports of a data folder that the command `holdfast report` has written. */
export function openReportFolder(data: string, signingKey: Ed25519Key): ReportFiles {
  const folder = join(data, REPORTS_FOLDER)
  return {
    verifierKey: formatVerifierKey(reportVerifierKey(signingKey)),
    days: async () => {
      const names = (await orNothing(() => readdir(folder))) ?? []
      return names.flatMap((name) => reportDay(name) ?? []).sort()
    },
    note: async (day) => {
      const note = await orNothing(() => readFile(join(folder, reportFileName(day, 'note'))))
      return note === undefined || note.length > NOTE_MAX_BYTES ? undefined : note.toString('utf8')
    },
    piece: async (day, kind, { offset, maxBytes }) => {
      await using file = await orNothing(() => open(join(folder, reportFileName(day, kind))))
      return file === undefined ? undefined : await readPiece(file, offset, maxBytes)
    },
  }
}

async function readPiece(file: FileHandle, offset: number, maxBytes: number) {
  const { size: sizeBytes } = await file.stat()
  const length = Math.max(0, Math.min(maxBytes, sizeBytes - offset))
  const bytes = new Uint8Array(length)
  const { bytesRead } = await file.read(bytes, 0, length, offset)
  return { bytes: bytes.subarray(0, bytesRead), sizeBytes }
}

async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
