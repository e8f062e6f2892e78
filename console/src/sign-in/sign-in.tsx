import { type FormEvent, type ReactNode, useState } from 'react'
import { signIn, useSessionState } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { parseLink } from './link.ts'
import { PasskeyButton } from './passkey-button.tsx'
import { PasswordForm } from './password-form.tsx'
import { Problem } from './problem.tsx'
import { ProviderButtons } from './provider-buttons.tsx'

const { signIn: texts } = TEXTS

type Props = {
  /** The secret of the link that was opened. */
  readonly link: string | undefined
  /** Whether the session has ended while the console is open. */
  readonly isOverlay?: boolean
}

/** The sign-in page. It has its own small style sheet, so that it appears at once. */
export function SignIn({ link, isOverlay = false }: Props): ReactNode {
  const state = useSessionState()
  const last = state.state === 'ended' ? state.last : undefined
  const [byLink, setByLink] = useState(
    link !== undefined || (last !== undefined && last.user === null && last.role === null),
  )
  return (
    <main className={isOverlay ? 'sign-in overlay' : 'sign-in'}>
      <div className="panel">
        <h1>{isOverlay ? texts.ended : texts.title}</h1>
        {isOverlay && <p>{texts.endedMore}</p>}
        {link === undefined && <ProviderButtons isOverlay={isOverlay} />}
        {byLink ? (
          <LinkForm link={link} />
        ) : (
          <PasswordForm account={last?.account} user={last?.user ?? undefined} />
        )}
        <PasskeyButton />
        <button type="button" className="other" onClick={() => setByLink(!byLink)}>
          {byLink ? texts.byPassword : texts.byLink}
        </button>
      </div>
    </main>
  )
}

function LinkForm({ link }: Pick<Props, 'link'>): ReactNode {
  const [pasted, setPasted] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [isUsed, setUsed] = useState(false)
  const known = isUsed ? undefined : link

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const secret = known ?? parseLink(pasted)
    if (secret === undefined) {
      setProblem(texts.notALink)
      return
    }
    setBusy(true)
    signIn(secret).catch((error: unknown) => {
      setProblem(error instanceof Error ? error.message : String(error))
      setUsed(true)
      setBusy(false)
    })
  }

  return (
    <form onSubmit={submit}>
      {known === undefined ? <Paste value={pasted} onChange={setPasted} /> : <p>{texts.withLink}</p>}
      <Problem text={problem} />
      <button type="submit" disabled={busy}>
        {texts.button}
      </button>
    </form>
  )
}

function Paste({ value, onChange }: { value: string; onChange: (value: string) => void }): ReactNode {
  return (
    <>
      <p>{texts.how}</p>
      <pre>{texts.command}</pre>
      <p>{texts.openOrPaste}</p>
      <label>
        {texts.paste}
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
    </>
  )
}
