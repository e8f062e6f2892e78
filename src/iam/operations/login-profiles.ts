import { KmsError } from '../../api/errors.ts'
import { optional } from '../../api/shapes.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import {
  checkReplaced,
  findLoginProfile,
  isLockedByExpiry,
  LOGIN_PROFILE,
  type LoginProfileValue,
  mustReplacePassword,
  type NewPasswordDependencies,
  newPassword,
} from '../credentials/login-profile.ts'
import { allowedByPasswordPolicy, findPasswordPolicy } from '../credentials/password-policy.ts'
import { USER_NAMED, USER_OR_CALLER } from '../entities/finders.ts'
import { LOGIN_PROFILE_ANSWER } from '../iam-answers.ts'
import type { IamDependencies, IamOperation } from '../iam-dependencies.ts'
import { type Finder, iamOperation } from '../iam-operation.ts'
import { timestamp } from '../iam-outputs.ts'
import type { UserValue } from '../iam-records.ts'
import { FLAG, NAME_64, PASSWORD } from '../iam-shapes.ts'

const createLoginProfile = iamOperation(
  {
    name: 'CreateLoginProfile',
    readOnly: false,
    input: { UserName: optional(NAME_64), Password: PASSWORD, PasswordResetRequired: FLAG },
    output: { LoginProfile: LOGIN_PROFILE_ANSWER },
    find: USER_OR_CALLER,
  },
  async ({ call, input, dependencies, entity: user }) => {
    const { account } = call.caller
    const { id, name } = user.value
    if ((await findLoginProfile(dependencies.records, account, id)) !== undefined) {
      throw new KmsError('EntityAlreadyExistsException', `Login Profile for User ${name} already exists.`)
    }
    const made = await newPassword(await passwordDependencies(dependencies, account), input.Password)
    const value: LoginProfileValue = {
      format: 1,
      createdAt: call.now,
      changedAt: call.now,
      resetRequired: input.PasswordResetRequired ?? false,
      ...made,
    }
    return {
      output: { LoginProfile: profileOutput(user, value) },
      changes: [
        insert(LOGIN_PROFILE, account, id, value),
        replace(user, { ...user.value, hasPassword: true }),
      ],
    }
  },
)

const getLoginProfile = iamOperation(
  {
    name: 'GetLoginProfile',
    readOnly: true,
    input: { UserName: optional(NAME_64) },
    output: { LoginProfile: LOGIN_PROFILE_ANSWER },
    find: USER_OR_CALLER,
  },
  async ({ dependencies, entity: user }) => {
    const { value } = await profileOf(dependencies, user)
    return { output: { LoginProfile: profileOutput(user, value) } }
  },
)

const updateLoginProfile = iamOperation(
  {
    name: 'UpdateLoginProfile',
    readOnly: false,
    input: { UserName: NAME_64, Password: optional(PASSWORD), PasswordResetRequired: FLAG },
    find: USER_NAMED,
  },
  async ({ call, input, dependencies, entity: user }) => {
    const profile = await profileOf(dependencies, user)
    const { value } = profile
    const resetRequired = input.PasswordResetRequired ?? value.resetRequired
    if (input.Password === undefined) return { changes: [replace(profile, { ...value, resetRequired })] }
    const made = await newPassword(
      await passwordDependencies(dependencies, call.caller.account),
      input.Password,
      value,
    )
    return { changes: [replace(profile, { ...value, ...made, changedAt: call.now, resetRequired })] }
  },
)

const deleteLoginProfile = iamOperation(
  {
    name: 'DeleteLoginProfile',
    readOnly: false,
    input: { UserName: optional(NAME_64) },
    find: USER_OR_CALLER,
  },
  async ({ dependencies, entity: user }) => {
    const profile = await profileOf(dependencies, user)
    const { hasPassword: _hasPassword, ...rest } = user.value
    return { changes: [remove(profile), replace(user, rest)] }
  },
)

/** The calling user. @throws InvalidUserTypeException for everyone else. */
const CALLING_USER: Finder<unknown, Stored<UserValue>> = ({ call, dependencies }) => {
  if (call.caller.principal.type !== 'User') {
    throw new KmsError('InvalidUserTypeException', 'Only IAM users can change their own password.')
  }
  return USER_OR_CALLER({ call, dependencies, input: {} })
}

const changePassword = iamOperation(
  {
    name: 'ChangePassword',
    readOnly: false,
    input: { OldPassword: PASSWORD, NewPassword: PASSWORD },
    find: CALLING_USER,
    allowedByAccount: allowedByPasswordPolicy,
  },
  async ({ call, input, dependencies, entity: user }) => {
    const profile = await profileOf(dependencies, user)
    const { value } = profile
    const made = await passwordDependencies(dependencies, call.caller.account)
    const { attempts, passwords } = dependencies
    // Counted apart from sign-ins: strangers who guess at the password do not keep its owner from changing it.
    const matches = await attempts.compare(
      { kind: 'password', who: `${user.value.id} itself`, requestId: call.requestId },
      () => passwords.matchesAny(made.account, input.OldPassword, [value.password]),
    )
    if (!matches) {
      throw new KmsError('AccessDeniedException', 'The old password is not correct.')
    }
    if (isLockedByExpiry(value, made.policy, call.now)) {
      throw new KmsError(
        'AccessDeniedException',
        'The password has expired. An administrator must set another.',
      )
    }
    const mustReplace = mustReplacePassword(value, made.policy, call.now)
    checkReplaced(mustReplace, input.OldPassword, input.NewPassword)
    const next = await newPassword(made, input.NewPassword, value)
    return { changes: [replace(profile, { ...value, ...next, changedAt: call.now, resetRequired: false })] }
  },
)

/** @throws NoSuchEntityException for a user without a password. */
async function profileOf(
  { records }: Pick<IamDependencies, 'records'>,
  user: Stored<UserValue>,
): Promise<Stored<LoginProfileValue>> {
  const profile = await findLoginProfile(records, user.partition, user.value.id)
  if (profile !== undefined) return profile
  const message = `Login Profile for User ${user.value.name} cannot be found.`
  throw new KmsError('NoSuchEntityException', message)
}

async function passwordDependencies(
  { records, passwords }: IamDependencies,
  account: string,
): Promise<NewPasswordDependencies> {
  return { records, passwords, account, policy: await findPasswordPolicy(records, account) }
}

function profileOutput({ value: { name } }: Stored<UserValue>, profile: LoginProfileValue) {
  return {
    UserName: name,
    CreateDate: timestamp(profile.createdAt),
    PasswordResetRequired: profile.resetRequired,
  }
}

/** Passwords of users. Source: IAM API Reference, "CreateLoginProfile" and so on. */
export const LOGIN_PROFILE_OPERATIONS: readonly IamOperation[] = [
  createLoginProfile,
  getLoginProfile,
  updateLoginProfile,
  deleteLoginProfile,
  changePassword,
]
