/** The account of the last sign-in, which the form offers again. It is no secret. */
const STORED_ACCOUNT = 'holdfast-account'

/** The account that the sign-in form offers; empty when there was none. */
export function lastAccount(): string {
  return window.localStorage.getItem(STORED_ACCOUNT) ?? ''
}

/** Makes the sign-in form offer an account. */
export function rememberAccount(account: string): void {
  window.localStorage.setItem(STORED_ACCOUNT, account)
}
