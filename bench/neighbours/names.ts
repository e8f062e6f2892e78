/** The account of a server with default settings. */
export const CROWD_ACCOUNT = '000000000000'
/** The role that is the grantee of half of the grants. */
export const CROWD_ROLE = 'crowd-0'
/** @see CROWD_ROLE */
export const CROWD_ROLE_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:role/${CROWD_ROLE}`
/** The managed policy attached to all users and roles. */
export const CROWD_POLICY_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:policy/crowd-0`
