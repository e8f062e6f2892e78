/** The thread that puts reports together and writes them: see `report-maker.ts`. */

import type { VerifierKey } from '../audit/proofs/note.ts'
import { assert } from '../base/assert.ts'
import { answerTasks } from '../base/offload-thread.ts'
import { NICE, yieldToOthers } from '../base/priority.ts'
import type { KeyPart, ReportDay } from '../compliance/report.ts'
import { type ReportRest, ReportWriter } from './report-files.ts'

/** A step of a report. */
export type ReportTask =
  | { readonly step: 'begin'; readonly folder: string; readonly when: ReportDay; readonly key: VerifierKey }
  | { readonly step: 'add'; readonly keys: readonly KeyPart[] }
  | { readonly step: 'gone' }
  | { readonly step: 'finish'; readonly rest: ReportRest }

let writer: ReportWriter | undefined

yieldToOthers(NICE.index)
answerTasks((task) => answer(parseTask(task)))

async function answer(task: ReportTask): Promise<unknown> {
  if (task.step === 'begin') {
    const opened = await ReportWriter.open(task.folder, task.when, task.key)
    if ('wrong' in opened) return opened
    writer = opened
    return {}
  }
  assert(writer !== undefined, 'a report was begun')
  if (task.step === 'add') return writer.add(task.keys)
  if (task.step === 'gone') return writer.gone()
  const written = await writer.finish(task.rest)
  writer = undefined
  return written
}

/** Tasks come from this process only, so their type is trusted. */
function parseTask(task: unknown): ReportTask {
  return task as ReportTask
}
