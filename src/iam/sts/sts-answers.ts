import { answer, instant, text } from '../../api/shapes.ts'

/** AssumedRoleUser. Source: the service model. */
export const ASSUMED_ROLE_USER_ANSWER = answer({ Arn: text(), AssumedRoleId: text() })

/** Credentials. Source: the service model. */
export const CREDENTIALS_ANSWER = answer({
  AccessKeyId: text(),
  Expiration: instant(),
  SecretAccessKey: text(),
  SessionToken: text(),
})

/** FederatedUser. Source: the service model. */
export const FEDERATED_USER_ANSWER = answer({ Arn: text(), FederatedUserId: text() })
