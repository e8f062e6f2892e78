import { type FormEvent, type HTMLInputAutoCompleteAttribute, type ReactNode, useState } from 'react'
import { lastAccount, rememberAccount } from '../session/last-account.ts'
import { askPasskey } from '../session/passkey.ts'
import { type Needs, SignInRefused, signInByPassword } from '../session/session.ts'
import { TEXTS } from '../texts/en.ts'
import { Problem } from './problem.tsx'

const { signIn: texts } = TEXTS

type Props = {
  /** The account and user of the session that has ended. */
  readonly account: string | undefined
  readonly user: string | undefined
}

const NOTHING: Needs = { code: false, newPassword: false }

/** Signs in a user by password. The fields of a code and of a new password appear once they are needed. */
export function PasswordForm({ account: endedAccount, user: lastUser }: Props): ReactNode {
  const [account, setAccount] = useState(endedAccount ?? lastAccount())
  const [user, setUser] = useState(lastUser ?? '')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [next, setNext] = useState({ once: '', twice: '' })
  const [needs, setNeeds] = useState(NOTHING)
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  const [usesCode, setUsesCode] = useState(false)
  const asksCode = needs.code && (usesCode || needs.passkey === undefined)

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (needs.newPassword && next.once !== next.twice) {
      setProblem(texts.notTheSame)
      return
    }
    setBusy(true)
    const passkey = asksCode ? undefined : needs.passkey
    const more = { ...(asksCode && { code }), ...(needs.newPassword && { newPassword: next.once }) }
    const entered = { account: account.trim(), user: user.trim(), password, ...more }
    const proof = passkey === undefined ? Promise.resolve({}) : askPasskey(passkey).then(asMember)
    proof
      .then((used) => signInByPassword({ ...entered, ...used }))
      .then((answer) => {
        rememberAccount(account.trim())
        setProblem(undefined)
        setNeeds(answer ?? NOTHING)
      })
      .catch((error: unknown) => {
        setCode('')
        setProblem(problemOf(error))
      })
      .finally(() => setBusy(false))
  }

  const isFirst = !needs.code && !needs.newPassword && needs.passkey === undefined
  return (
    <form onSubmit={submit}>
      <Field
        label={texts.account}
        value={account}
        onChange={setAccount}
        autoComplete="organization"
        disabled={!isFirst}
      />
      <Field label={texts.user} value={user} onChange={setUser} autoComplete="username" disabled={!isFirst} />
      <Field
        label={texts.password}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        disabled={!isFirst}
        isSecret
      />
      {needs.newPassword && (
        <>
          <p>{texts.reset}</p>
          <Field
            label={texts.newPassword}
            value={next.once}
            onChange={(once) => setNext({ ...next, once })}
            autoComplete="new-password"
            isSecret
          />
          <Field
            label={texts.newPasswordAgain}
            value={next.twice}
            onChange={(twice) => setNext({ ...next, twice })}
            autoComplete="new-password"
            isSecret
          />
        </>
      )}
      {needs.passkey !== undefined && !asksCode && <p>{texts.withPasskey}</p>}
      {asksCode && (
        <Field label={texts.code} value={code} onChange={setCode} autoComplete="one-time-code" isNumber />
      )}
      <Problem text={problem} />
      <button type="submit" disabled={busy}>
        {isFirst ? texts.button : texts.next}
      </button>
      {needs.code && !asksCode && (
        <button type="button" className="other" onClick={() => setUsesCode(true)}>
          {texts.useCode}
        </button>
      )}
      {!isFirst && (
        <button type="button" className="other" onClick={() => setNeeds(NOTHING)}>
          {texts.back}
        </button>
      )}
    </form>
  )
}

function asMember(passkey: string): { readonly passkey: string } {
  return { passkey }
}

function problemOf(error: unknown): string {
  if (error instanceof SignInRefused && error.code === 'ThrottlingException') return texts.tooMany
  if (error instanceof DOMException) return texts.noPasskey
  return error instanceof Error ? error.message : String(error)
}

type FieldProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: HTMLInputAutoCompleteAttribute
  readonly disabled?: boolean
  readonly isSecret?: boolean
  readonly isNumber?: boolean
}

function Field({
  label,
  value,
  onChange,
  autoComplete,
  disabled = false,
  isSecret = false,
  isNumber = false,
}: FieldProps): ReactNode {
  return (
    <label>
      {label}
      <input
        type={isSecret ? 'password' : 'text'}
        inputMode={isNumber ? 'numeric' : undefined}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        required
        disabled={disabled}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
