/** For tests: a fixed sequence of calls. Each may fail, and then must change nothing. */

import assert from 'node:assert/strict'
import type { Output } from '../../src/api/json.ts'
import type { Answer } from '../support/calls.ts'
import { aliasName, FIRST_POLICY, factOf, type Model, NONE, namedPolicy } from './model.ts'
import type { Session } from './session.ts'

const ALIAS = aliasName(0, 0)
const PLAINTEXT = Buffer.from('a plaintext').toString('base64')
const SERVER_FAULT = 500

/** A call that changes at most one fact. */
type Step = {
  readonly operation: string
  readonly input: Output
  readonly change?: readonly [fact: string, value: string]
  /** The error code with which the server refuses it in the absence of a fault. */
  readonly refusal?: string | undefined
  readonly done?: (output: Answer['json']) => void
}

/** A scenario that a test runs repeatedly on one server. */
export class Scenario {
  readonly #model: Model
  #runs = 0
  /** The initial key, and the key that the scenario changes. */
  #firstKey = ''
  #key = ''

  constructor(model: Model) {
    this.#model = model
  }

  /** Creates the initial key. It must succeed. */
  async prepare(session: Session): Promise<void> {
    await this.#perform(session, this.#createKey())
    this.#firstKey = this.#key
  }

  /**
   * Makes all calls. Returns those that failed.
   * @throws Error if a response is not an expected one.
   */
  async run(session: Session): Promise<readonly Step[]> {
    this.#runs += 1
    const failed: Step[] = []
    this.#model.touched.add(this.#key).add(this.#firstKey)
    for (const next of this.#steps()) {
      const step = next()
      if (!(await this.#perform(session, step))) failed.push(step)
    }
    return failed
  }

  /** Marks the changes of failed calls as possible. */
  expectPerhaps(failed: readonly Step[]): void {
    for (const { operation, input, change } of failed) {
      if (change !== undefined) this.#model.facts.attempt(...change)
      if (operation === 'CreateKey') this.#model.unanswered.set(String(input['Description']), 0)
    }
  }

  #steps(): readonly (() => Step)[] {
    const description = `described-${this.#runs}`
    return [
      () => this.#createKey(),
      () => this.#alias(this.#key),
      () => this.#encrypt(),
      () => this.#state('DisableKey', 'Disabled'),
      () => this.#encrypt(),
      () => this.#state('EnableKey', 'Enabled'),
      () => this.#decrypt(),
      () =>
        this.#set('TagResource', { Tags: [{ TagKey: 'caller-0', TagValue: `v${this.#runs}` }] }, [
          factOf.tag(this.#key, 'caller-0'),
          `v${this.#runs}`,
        ]),
      () =>
        this.#set('PutKeyPolicy', { Policy: namedPolicy(`run${this.#runs}`) }, [
          factOf.policy(this.#key),
          `run${this.#runs}`,
        ]),
      () => this.#alias(this.#firstKey),
      () => this.#state('ScheduleKeyDeletion', 'PendingDeletion'),
      () => this.#encrypt(),
      () => this.#state('CancelKeyDeletion', 'Disabled'),
      () =>
        this.#set('UpdateKeyDescription', { Description: description }, [
          factOf.description(this.#key),
          description,
        ]),
      () => this.#state('EnableKey', 'Enabled'),
      () => this.#unalias(),
      () => ({ operation: 'DescribeKey', input: { KeyId: this.#key } }),
    ]
  }

  /** Returns true for an expected success or refusal, and false for a failure. */
  async #perform(session: Session, { operation, input, change, refusal, done }: Step): Promise<boolean> {
    const answer = await session.try(operation, input)
    assert.ok(answer !== undefined, `${operation} was not answered: the server is gone`)
    if (answer.status >= SERVER_FAULT) {
      assert.equal(answer.code, 'KMSInternalException', answer.text)
      return false
    }
    if (refusal !== undefined) {
      assert.equal(answer.code, refusal, `${operation}: ${answer.text}`)
      return true
    }
    assert.equal(answer.status, 200, `${operation}: ${answer.text}`)
    if (change !== undefined) this.#model.facts.settle(...change)
    done?.(answer.json)
    return true
  }

  #createKey(): Step {
    const description = `made-${this.#runs}`
    const Tags = [{ TagKey: 'born', TagValue: description }]
    return {
      operation: 'CreateKey',
      input: { Description: description, Policy: namedPolicy(FIRST_POLICY), Tags },
      done: ({ KeyMetadata }) => {
        this.#key = (KeyMetadata as { KeyId: string }).KeyId
        this.#model.add(this.#key, 0, description)
      },
    }
  }

  #alias(keyId: string): Step {
    const { facts } = this.#model
    const fact = factOf.alias(ALIAS)
    const operation = facts.value(fact) === NONE ? 'CreateAlias' : 'UpdateAlias'
    const refusal = this.#model.stateOf(keyId) === 'PendingDeletion' ? 'KMSInvalidStateException' : undefined
    return { operation, input: { AliasName: ALIAS, TargetKeyId: keyId }, change: [fact, keyId], refusal }
  }

  #unalias(): Step {
    const { facts } = this.#model
    const fact = factOf.alias(ALIAS)
    const refusal = facts.value(fact) === NONE ? 'NotFoundException' : undefined
    return { operation: 'DeleteAlias', input: { AliasName: ALIAS }, change: [fact, NONE], refusal }
  }

  #set(operation: string, input: Output, change: readonly [string, string]): Step {
    const pending = this.#model.stateOf(this.#key) === 'PendingDeletion' && operation !== 'PutKeyPolicy'
    const refusal = pending ? 'KMSInvalidStateException' : undefined
    return { operation, input: { KeyId: this.#key, ...input }, change, refusal }
  }

  #state(operation: string, state: string): Step {
    const isPending = this.#model.stateOf(this.#key) === 'PendingDeletion'
    const isWrong = isPending !== (operation === 'CancelKeyDeletion')
    const refusal = isWrong ? 'KMSInvalidStateException' : undefined
    return { operation, input: { KeyId: this.#key }, change: [factOf.state(this.#key), state], refusal }
  }

  /** The error with which the key's state refuses its use. */
  #useRefusal(): string | undefined {
    const state = this.#model.stateOf(this.#key)
    if (state === 'Enabled') return undefined
    return state === 'Disabled' ? 'DisabledException' : 'KMSInvalidStateException'
  }

  #encrypt(): Step {
    const key = this.#model.get(this.#key)
    return {
      operation: 'Encrypt',
      input: { KeyId: key.id, Plaintext: PLAINTEXT },
      refusal: this.#useRefusal(),
      done: ({ CiphertextBlob }) => {
        key.encrypted.push({ ciphertext: String(CiphertextBlob), plaintext: PLAINTEXT })
      },
    }
  }

  #decrypt(): Step {
    const known = this.#model.get(this.#key).encrypted.at(-1)
    if (known === undefined) return this.#encrypt()
    return {
      operation: 'Decrypt',
      input: { CiphertextBlob: known.ciphertext },
      refusal: this.#useRefusal(),
      done: ({ Plaintext }) => assert.equal(Plaintext, known.plaintext),
    }
  }
}
