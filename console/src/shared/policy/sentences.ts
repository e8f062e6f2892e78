import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { fill } from '../../texts/en.ts'
import { visibleText } from '../plain-text.tsx'
import { isObject, type Statement, statementsOf, textsOf } from './document.ts'

const { words } = POLICY_TEXTS

/** A statement in words. */
export type Sentence = { readonly sid: string; readonly text: string; readonly allows: boolean }

/** Returns what a policy says, a sentence for each statement. */
export function sentencesOf(text: string): readonly Sentence[] {
  return statementsOf(text).map((statement) => {
    const allows = statement['Effect'] === 'Allow'
    const parts = {
      who: whoOf(statement),
      what: whatOf(statement),
      where: whereOf(statement),
      when: whenOf(statement),
    }
    const sentence = fill(allows ? words.allow : words.deny, parts)
    const sid = typeof statement['Sid'] === 'string' ? statement['Sid'] : ''
    return { sid, allows, text: visibleText(sentence.charAt(0).toUpperCase() + sentence.slice(1)) }
  })
}

function whoOf({ Principal, NotPrincipal }: Statement): string {
  if (NotPrincipal !== undefined)
    return fill(words.everybodyBut, { names: joined(principalsOf(NotPrincipal)) })
  return Principal === undefined ? words.nobody : joined(principalsOf(Principal))
}

function principalsOf(element: unknown): readonly string[] {
  const names = isObject(element) ? Object.values(element).flatMap(textsOf) : textsOf(element)
  return names.map(principalName)
}

/** Returns a principal in words: `user ada` of `arn:aws:iam::111122223333:user/ada`. */
function principalName(arn: string): string {
  if (arn === '*') return words.everybody
  const account = /^(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?$/.exec(arn)?.[1]
  if (account !== undefined) return fill(words.account, { id: account })
  const [, type, name = ''] = /^arn:[\w-]+:iam::\d{12}:(user|role)\/(.+)$/.exec(arn) ?? []
  if (type === 'user') return fill(words.user, { name })
  return type === 'role' ? fill(words.role, { name }) : arn
}

function whatOf({ Action, NotAction }: Statement): string {
  if (NotAction !== undefined) return fill(words.allBut, { names: joined(textsOf(NotAction)) })
  const actions = textsOf(Action)
  if (actions.includes('*')) return words.everything
  const [only = '', ...others] = actions
  const service = /^(\w+):\*$/.exec(only)?.[1]
  if (service !== undefined && others.length === 0) {
    return fill(words.everyOperation, { service: service.toUpperCase() })
  }
  return fill(words.operations, { names: joined(actions) })
}

function whereOf({ Resource, NotResource }: Statement): string {
  if (NotResource !== undefined) return fill(words.onAllBut, { names: joined(textsOf(NotResource)) })
  const resources = textsOf(Resource)
  return resources.length === 0 || resources.includes('*') ? '' : fill(words.on, { names: joined(resources) })
}

function whenOf({ Condition }: Statement): string {
  if (!isObject(Condition)) return ''
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).map(([key, values]) =>
      fill(words.condition, {
        key,
        operator: operatorName(operator),
        values: textsOf(values).join(words.or),
      }),
    ),
  )
  return conditions.length === 0 ? '' : fill(words.when, { conditions: conditions.join(words.and) })
}

function operatorName(operator: string): string {
  const names: Readonly<Record<string, string>> = words.operators
  return Object.hasOwn(names, operator) ? (names[operator] ?? operator) : operator
}

function joined(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')}${words.and}${names.at(-1)}`
}
