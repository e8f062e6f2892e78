import { text } from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { findControl, whatIfControl } from '../explain/what-if-control.ts'
import { checkDocument } from '../iam/organization/control-attachments.ts'
import type { ControlType } from '../iam/organization/control-policies.ts'
import { CONTROL_POLICY_MAX_CHARS } from '../policy/flavour.ts'
import { CONTROL_NAMED, findControlSubject } from './control-operations.ts'
import { byOperator } from './operator-calls.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'
import { answerWhatIf, WHAT_IF_INPUT, WHAT_IF_OUTPUT } from './what-if-answer.ts'

const INPUT = {
  ...CONTROL_NAMED,
  Content: text({ min: 1, max: CONTROL_POLICY_MAX_CHARS }),
  ...WHAT_IF_INPUT,
}

/** Says what another text of a control policy would have done to the recorded calls of the accounts that it binds. */
export const whatIfControlPolicy = usageOperation(
  {
    ...{ name: 'WhatIfControlPolicy', input: INPUT, output: WHAT_IF_OUTPUT },
    ...{ operatorsOnly: true, find: findControlSubject },
  },
  async (invocation: Invocation<typeof INPUT, ControlType>) => {
    const { input, dependencies, subject: type } = invocation
    const { Name: name, Content: content } = input
    await byOperator(async () => checkDocument(type, content))
    const stored = await findControl(dependencies.records, type, name)
    const about = [type, name, sha256Hex(utf8(content))]
    const output = await answerWhatIf(invocation, about, (explaining, wanted) =>
      whatIfControl(explaining, { type, name, stored, text: content, ...wanted }),
    )
    return { output }
  },
)
