import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VerifierKey } from '../audit/proofs/note.ts'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { readRegularFile } from '../base/regular-file.ts'
import type { ReportedKey } from '../compliance/facts.ts'
import {
  assembleReport,
  formatReport,
  goneKeys,
  type KeyPart,
  parseReport,
  type ReportDay,
  type ReportParts,
} from '../compliance/report.ts'
import { formatReportHtml } from '../compliance/report-html.ts'
import { reportDay, reportFileName } from '../compliance/report-names.ts'
import {
  describeFile,
  isSignedContent,
  NOTE_MAX_BYTES,
  openFiles,
  type SignedFile,
  signFiles,
} from '../compliance/signed-files.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'

/** The size limit of a report file; a report on 100,000 keys has about 100 MB. */
const REPORT_FILE_MAX_BYTES = 512 * 1024 * 1024

/** The valid names of report files. */
export const REPORT_FILE: RegExp =
  /^(?:report-\d{4}-\d\d-\d\d\.(?:json|html|note)|rehearsal-[0-9a-f]{32}\.(?:json|note))$/

/** The day of the last report in a folder before this day. */
async function dayBefore(folder: string, day: string): Promise<string | undefined> {
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
async function verifyReport(folder: string, day: string, key: VerifierKey): Promise<Verified> {
  const expected = [reportFileName(day, 'html'), reportFileName(day, 'json')]
  return await verifySigned(folder, reportFileName(day, 'note'), expected, key)
}

/** The same for any report file of a folder. */
export async function verifyReportNamed(folder: string, name: string, key: VerifierKey): Promise<Verified> {
  const stem = name.slice(0, name.lastIndexOf('.'))
  if (stem.startsWith('report-')) return await verifyReport(folder, stem.slice('report-'.length), key)
  return await verifySigned(folder, `${stem}.note`, [`${stem}.json`], key)
}

async function verifySigned(
  folder: string,
  noteName: string,
  expected: readonly string[],
  key: VerifierKey,
): Promise<Verified> {
  const note = await readLimited(join(folder, noteName), NOTE_MAX_BYTES)
  const files = openFiles(fromUtf8(note), key)
  if (files === undefined) return { wrong: `${noteName} is not signed with this key` }
  if (files.map(({ name }) => name).join() !== expected.join()) {
    return { wrong: `${noteName} names other files` }
  }
  for (const file of files) {
    const content = await readLimited(join(folder, file.name), REPORT_FILE_MAX_BYTES)
    if (!isSignedContent(file, content)) return { wrong: `${file.name} was changed after it was signed` }
  }
  return { files }
}

/** The last report of the folder before this day; why there is none to compare with, when its signature is not valid. */
async function previousReport(
  folder: string,
  day: string,
  key: VerifierKey,
): Promise<PreviousReport | { readonly wrong: string } | undefined> {
  const before = await dayBefore(folder, day)
  if (before === undefined) return undefined
  const verified = await verifyReport(folder, before, key)
  if (verified.wrong !== undefined) return verified
  const name = reportFileName(before, 'json')
  const text = fromUtf8(await readLimited(join(folder, name), REPORT_FILE_MAX_BYTES))
  const { sha256 = '' } = verified.files.find((file) => file.name === name) ?? {}
  return { report: parseReport(text), sha256 }
}

type PreviousReport = NonNullable<ReportParts['previous']> & { readonly wrong?: undefined }

/** Collects what a report says, and writes its files. */
export class ReportWriter {
  readonly #folder: string
  readonly #when: ReportDay
  readonly #previous: ReportParts['previous']
  readonly #keys: KeyPart[] = []

  private constructor(folder: string, when: ReportDay, previous: ReportParts['previous']) {
    this.#folder = folder
    this.#when = when
    this.#previous = previous
  }

  /** Begins a report of a day; returns what is wrong with the previous report of the folder, if it cannot be compared with. */
  static async open(
    folder: string,
    when: ReportDay,
    key: VerifierKey,
  ): Promise<ReportWriter | { readonly wrong: string }> {
    const previous = await previousReport(folder, when.day, key)
    return previous?.wrong === undefined
      ? new ReportWriter(folder, when, previous)
      : { wrong: previous.wrong }
  }

  add(keys: readonly KeyPart[]): void {
    this.#keys.push(...keys)
  }

  /** The keys of the previous report that no longer exist. */
  gone(): readonly string[] {
    return this.#previous === undefined ? [] : goneKeys(this.#previous.report, this.#keys)
  }

  /** Writes the files of the report, without the note that signs them. A note of the same day goes first: it signs what is replaced. */
  async finish(rest: ReportRest): Promise<WrittenReport> {
    const report = assembleReport({
      ...{ ...this.#when, ...rest, keys: this.#keys, previous: this.#previous },
      goneTouches: new Map(rest.goneTouches),
    })
    const { day } = this.#when
    await rm(join(this.#folder, reportFileName(day, 'note')), { force: true })
    const files: SignedFile[] = []
    for (const [kind, content] of [
      ['json', formatReport(report)],
      ['html', formatReportHtml(report)],
    ] as const) {
      const name = reportFileName(day, kind)
      await putFile(this.#folder, name, content)
      files.push(describeFile(name, utf8(content)))
    }
    return { files, findings: report.findings.length, changes: report.changes.length }
  }
}

/** What a report says beside its keys. */
export type ReportRest = Pick<ReportParts, 'accessKeys' | 'custody'> & {
  readonly goneTouches: readonly (readonly [string, ReportedKey['touches']])[]
}

/** The files of a report, which no note has signed yet, and how much it says. */
export type WrittenReport = {
  readonly files: readonly SignedFile[]
  readonly findings: number
  readonly changes: number
}

/** Signs the files of a report. The note comes last: when it exists, so do the files that it signs. */
export async function putNote(
  folder: string,
  day: string,
  key: Ed25519Key,
  { files }: Pick<WrittenReport, 'files'>,
): Promise<string> {
  const name = reportFileName(day, 'note')
  await putFile(folder, name, signFiles(key, files))
  return name
}
