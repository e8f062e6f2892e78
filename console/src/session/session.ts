import { useSyncExternalStore } from 'react'
import { SESSION_TEXTS } from '../texts/en/session.ts'
import { askPasskey, type PasskeyRequest } from './passkey.ts'
import { newSigner, type Signer } from './sign.ts'

/** A session: who has signed in, and what signs the calls. It lives in memory alone. */
export type Session = {
  readonly account: string
  readonly arn: string
  /** Nothing for the root user and for a role. */
  readonly user: string | null
  /** The names of the role and of its session; nothing for users. */
  readonly role: string | null
  readonly region: string
  readonly signer: Signer
  /** When the credentials have to be renewed, by this browser's clock. */
  readonly expiresAt: number
  /** How far the server's clock is ahead of this browser's. */
  readonly clockOffsetMs: number
}

/** Whether anybody has signed in; `unknown` until the server has said. */
export type SessionState =
  | { readonly state: 'unknown' }
  | { readonly state: 'signed out' }
  /** It has ended while the page was in use: what was typed is still there. */
  | { readonly state: 'ended'; readonly last: Session }
  /** With the session of a role whose person has switched to it: then `own` is the person's own session. */
  | { readonly state: 'signed in'; readonly session: Session; readonly own?: Session }

/** Credentials are renewed so long before they expire. */
const RENEW_BEFORE_MS = 120_000

let current: SessionState = { state: 'unknown' }
const listeners = new Set<() => void>()

function set(next: SessionState): void {
  const before = arnOf(current)
  current = next
  if (before !== undefined && arnOf(next) !== before) onIdentity()
  for (const listener of listeners) listener()
}

function arnOf(state: SessionState): string | undefined {
  return state.state === 'signed in' ? state.session.arn : undefined
}

/** Forgets what was read as somebody else. */
let onIdentity: () => void = () => undefined

/** Registers what forgets what the page has read, for when it goes on as somebody else. */
export function onIdentityChange(forget: () => void): void {
  onIdentity = forget
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The state of the session, for components. */
export function useSessionState(): SessionState {
  return useSyncExternalStore(subscribe, () => current)
}

/** The session, for components below the sign-in page. */
export function useSession(): Session {
  const state = useSessionState()
  if (state.state === 'signed in') return state.session
  if (state.state === 'ended') return state.last
  throw new Error('nobody has signed in')
}

/** The person's own session while it has switched to a role; nothing otherwise. */
export function useOwnSession(): Session | undefined {
  const state = useSessionState()
  return state.state === 'signed in' ? state.own : undefined
}

/** Credentials of a role that AssumeRole has given. */
export type RoleCredentials = {
  readonly arn: string
  readonly account: string
  /** The name of the role. */
  readonly role: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Seconds since 1970, by the server's clock. */
  readonly expiration: number
}

/** Goes on as a role, until somebody switches back, the credentials expire or the page is loaded again. */
export async function switchToRole(given: RoleCredentials): Promise<void> {
  if (current.state !== 'signed in') throw new SessionEnded()
  const { region, clockOffsetMs } = current.session
  const { arn, account, role, accessKeyId, secretAccessKey, sessionToken } = given
  const signer = await newSigner(accessKeyId, secretAccessKey, sessionToken)
  const expiresAt = given.expiration * 1000 - clockOffsetMs
  const session = { arn, account, role, user: null, region, signer, expiresAt, clockOffsetMs }
  set({ state: 'signed in', session, own: current.own ?? current.session })
}

/** Goes on as oneself. */
export function switchBack(): void {
  if (current.state !== 'signed in' || current.own === undefined) return
  set({ state: 'signed in', session: { ...current.own, region: current.session.region } })
}

/** Uses another region for the calls. */
export function changeRegion(region: string): void {
  if (current.state === 'signed in') set({ ...current, session: { ...current.session, region } })
}

/** Signs in by a link's secret. @throws Error with the server's reason. */
export async function signIn(link: string): Promise<void> {
  begun(await ask('begin', { link }))
}

/** What a user enters to sign in. */
export type Entered = {
  readonly account: string
  readonly user: string
  readonly password: string
  readonly code?: string
  readonly newPassword?: string
  readonly passkey?: string
}

/** What else a sign-in needs. */
export type Needs = {
  readonly code: boolean
  readonly newPassword: boolean
  readonly passkey?: PasskeyRequest
}

/** Signs in a user; returns what else is needed, or nothing once the user is signed in. @throws SignInRefused. */
export async function signInByPassword(entered: Entered): Promise<Needs | undefined> {
  const posted = await post('password', entered)
  if (posted.answer.needs !== undefined) return posted.answer.needs
  begun(await stateOf(posted))
  return undefined
}

/** Signs in with a passkey alone. @throws SignInRefused, and what the browser throws. */
export async function signInByPasskey(): Promise<void> {
  const { passkey: request } = (await post('passkey-start', {})).answer
  if (request === undefined) throw new SignInRefused('The server gave no challenge.', undefined)
  begun(await ask('passkey', { passkey: await askPasskey(request) }))
}

/** The names of the identity providers with which people sign in. @throws SignInRefused. */
export async function listProviders(): Promise<readonly string[]> {
  return (await post('providers', {})).answer.providers ?? []
}

/** The address at which a person signs in with a provider. @throws SignInRefused. */
export async function startOidc(provider: string): Promise<string> {
  const { location } = (await post('oidc-start', { provider })).answer
  if (location === undefined) throw new SignInRefused('The server gave no address.', undefined)
  return location
}

/** A role that a proven person may sign in to. */
type OfferedRole = {
  readonly arn: string
  readonly name: string
  readonly description: string | null
}

/** The roles to choose from, and the proof that goes with the choice. */
export type RoleChoice = { readonly roles: readonly OfferedRole[]; readonly proof: string }

/** Signs in with the answer of a provider; returns the roles when there are several. @throws SignInRefused. */
export async function finishOidc(answer: {
  readonly code: string
  readonly state: string
  readonly path: string
  readonly iss?: string
}): Promise<RoleChoice | undefined> {
  const posted = await post('oidc-finish', answer)
  const { roles, proof } = posted.answer
  if (roles !== undefined && proof !== undefined) return { roles, proof }
  begun(await stateOf(posted))
  return undefined
}

/** Signs in to one of several roles. @throws SignInRefused. */
export async function chooseRole(proof: string, role: string): Promise<void> {
  begun(await ask('oidc-choose', { proof, role }))
}

/** Notes that the server has ended the session. */
export function noteEnd(): void {
  if (current.state === 'signed in') set({ state: 'ended', last: current.session })
}

/** Tells the other tabs that somebody has signed in. */
const channel = new BroadcastChannel('holdfast-session')
channel.onmessage = () => {
  if (current.state === 'ended' || current.state === 'signed out')
    ask('renew', {}).then(adopt, () => undefined)
}

function begun(next: SessionState): void {
  adopt(next)
  channel.postMessage('begun')
}

function adopt(next: SessionState): void {
  // Nobody sees what the page remembers of somebody else.
  if (current.state !== 'ended' || next.state !== 'signed in') set(next)
  else if (next.session.arn !== current.last.arn) window.location.reload()
  else set({ ...next, session: { ...next.session, region: current.last.region } })
}

/** Finds out whether the browser has a session; when the server does not say, nobody has signed in. */
export function resumeOrSignOut(): void {
  ask('renew', {}).then(set, () => set({ state: 'signed out' }))
}

/** Ends the session, and loads the page again: nothing of it stays in memory. */
export async function signOut(): Promise<void> {
  await ask('end', {})
  window.location.assign('/console/')
}

/** The session with credentials that are still valid. @throws SessionEnded, RoleEnded. */
export async function currentSession({ renewed = false } = {}): Promise<Session> {
  if (current.state !== 'signed in') throw new SessionEnded()
  const { session, own } = current
  if (!renewed && session.expiresAt - Date.now() > RENEW_BEFORE_MS) return session
  if (own !== undefined) {
    switchBack()
    throw new RoleEnded(SESSION_TEXTS.roleEnded)
  }
  const next = await renewOnce()
  if (next.state !== 'signed in') {
    set({ state: 'ended', last: session })
    throw new SessionEnded()
  }
  const kept = { ...next, session: { ...next.session, region: session.region } }
  set(kept)
  return kept.session
}

/** Calls that find the credentials expired at the same time renew them together. */
let renewing: Promise<SessionState> | undefined

function renewOnce(): Promise<SessionState> {
  renewing ??= ask('renew', {}).finally(() => {
    renewing = undefined
  })
  return renewing
}

/** Nobody is signed in any more. */
class SessionEnded extends Error {
  override readonly name = 'SessionEnded'
}

/** The session of a role has ended: the person goes on as itself. */
class RoleEnded extends Error {
  override readonly name = 'RoleEnded'
}

/** The server refuses a sign-in. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused'
  readonly code: string | undefined

  constructor(message: string, code: string | undefined) {
    super(message)
    this.code = code
  }
}

type Answer = {
  readonly signedIn?: boolean
  readonly needs?: Needs
  readonly passkey?: PasskeyRequest
  readonly providers?: readonly string[]
  readonly location?: string
  readonly roles?: readonly OfferedRole[]
  readonly proof?: string
  readonly code?: string
  readonly message?: string
  readonly account: string
  readonly arn: string
  readonly user: string | null
  readonly role: string | null
  readonly region: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string
  }
  readonly expiresAt: number
}

type Posted = { readonly answer: Answer; readonly date: string | null }

type Action =
  | 'begin'
  | 'password'
  | 'renew'
  | 'end'
  | 'passkey-start'
  | 'passkey'
  | 'providers'
  | 'oidc-start'
  | 'oidc-finish'
  | 'oidc-choose'

async function post(action: Action, body: object): Promise<Posted> {
  const response = await fetch(`/console/session/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = parseAnswer(await response.text())
  if (!response.ok) throw new SignInRefused(answer.message ?? response.statusText, answer.code)
  return { answer, date: response.headers.get('date') }
}

async function ask(action: Action, body: object): Promise<SessionState> {
  return stateOf(await post(action, body))
}

async function stateOf({ answer, date }: Posted): Promise<SessionState> {
  if (answer.signedIn !== true) return { state: 'signed out' }
  const { accessKeyId, secretAccessKey, sessionToken } = answer.credentials
  const serverTime = Date.parse(date ?? '')
  const clockOffsetMs = Number.isNaN(serverTime) ? 0 : serverTime - Date.now()
  const { account, arn, user, role, region } = answer
  const signer = await newSigner(accessKeyId, secretAccessKey, sessionToken)
  const expiresAt = answer.expiresAt - clockOffsetMs
  return {
    state: 'signed in',
    session: { account, arn, user, role, region, signer, expiresAt, clockOffsetMs },
  }
}

/** What the server itself has written. */
function parseAnswer(text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return { message: text } as Answer
  }
}
