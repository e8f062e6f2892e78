import { type ReactNode, useEffect, useState } from 'react'
import { chooseRole, finishOidc, type RoleChoice } from '../session/session.ts'
import { fill, TEXTS } from '../texts/en.ts'
import { Problem } from './problem.tsx'
import type { ProviderAnswer } from './provider-answer.ts'

const { signIn: texts } = TEXTS

type Props = {
  readonly answer: ProviderAnswer
  /** Called when the person wants to begin again. */
  readonly onAgain: () => void
}

/** A code works once: React mounts a component twice while it is developed. */
const finishing = new WeakMap<ProviderAnswer, Promise<RoleChoice | undefined>>()

/** Signs in a person whom an identity provider has sent back, and lets the person choose among several roles. */
export function ProviderReturn({ answer, onAgain }: Props): ReactNode {
  const [choice, setChoice] = useState<RoleChoice>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    const pending = finishing.get(answer) ?? finish(answer)
    finishing.set(answer, pending)
    pending.then(setChoice, (error: unknown) => setProblem(messageOf(error)))
  }, [answer])
  const choose = (arn: string): void => {
    setBusy(true)
    setProblem(undefined)
    chooseRole(choice?.proof ?? '', arn).catch((error: unknown) => {
      setProblem(messageOf(error))
      setBusy(false)
    })
  }
  const isWaiting = choice === undefined && problem === undefined
  return (
    <main className="sign-in">
      <div className="panel">
        <h1>{choice === undefined ? texts.title : texts.chooseRole}</h1>
        {isWaiting && <p role="status">{texts.wait}</p>}
        <Problem text={problem} />
        {choice !== undefined && (
          <ul className="roles">
            {choice.roles.map(({ arn, name, description }) => (
              <li key={arn}>
                <button type="button" disabled={busy} onClick={() => choose(arn)}>
                  {name}
                </button>
                <small>{description ?? arn}</small>
              </li>
            ))}
          </ul>
        )}
        {!isWaiting && (
          <button type="button" className="other" onClick={onAgain}>
            {texts.back}
          </button>
        )}
      </div>
    </main>
  )
}

async function finish(answer: ProviderAnswer): Promise<RoleChoice | undefined> {
  if ('error' in answer) throw new Error(fill(texts.providerRefused, { error: answer.error }))
  return finishOidc(answer)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
