import { readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VerifierKey } from '../audit/proofs/note.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { readRegularFile } from '../base/regular-file.ts'
import { reportDay, reportFileName } from '../compliance/report-names.ts'
import { isSignedContent, NOTE_MAX_BYTES, openFiles, type SignedFile } from '../compliance/signed-files.ts'

/** The size limit of a report file; a report on 100,000 keys has about 100 MB. */
export const REPORT_FILE_MAX_BYTES = 512 * 1024 * 1024

/** The valid names of report files. */
export const REPORT_FILE: RegExp = /^report-\d{4}-\d\d-\d\d\.(?:json|html|note)$/

/** The day of the last report in a folder before this day. */
export async function dayBefore(folder: string, day: string): Promise<string | undefined> {
  const days = (await readdir(folder)).flatMap((name) => reportDay(name) ?? [])
  return days
    .filter((one) => one < day)
    .sort()
    .at(-1)
}

/** A file as bytes. @throws Error when it is too long or cannot be read. */
export async function readLimited(path: string, maxBytes: number): Promise<Uint8Array> {
  return readRegularFile(path, { maxBytes })
}

/** Writes a file, and replaces one of the same name atomically. */
export async function putFile(folder: string, name: string, content: string): Promise<void> {
  const aside = join(folder, `.${name}.${process.pid}.new`)
  await writeFile(aside, content, { mode: 0o600 })
  await rename(aside, join(folder, name))
}

/** The result of a verification: the unchanged files, or what is wrong. */
export type Verified =
  | { readonly files: readonly SignedFile[]; readonly wrong?: undefined }
  | { readonly wrong: string }

/** Verifies the note of a day's report and the files that it names. @throws Error for a file that cannot be read. */
export async function verifyReport(folder: string, day: string, key: VerifierKey): Promise<Verified> {
  const noteName = reportFileName(day, 'note')
  const note = await readLimited(join(folder, noteName), NOTE_MAX_BYTES)
  const files = openFiles(fromUtf8(note), key)
  if (files === undefined) return { wrong: `${noteName} is not signed with this key` }
  const expected = [reportFileName(day, 'html'), reportFileName(day, 'json')]
  if (files.map(({ name }) => name).join() !== expected.join()) {
    return { wrong: `${noteName} names other files` }
  }
  for (const file of files) {
    const content = await readLimited(join(folder, file.name), REPORT_FILE_MAX_BYTES)
    if (!isSignedContent(file, content)) return { wrong: `${file.name} was changed after it was signed` }
  }
  return { files }
}
