/** The account of a server that is started without settings. */
export const CROWD_ACCOUNT = '000000000000'
/** The role that half of the grants are for. */
export const CROWD_ROLE_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:role/crowd-0`
/** The managed policy that all users and roles have. */
export const CROWD_POLICY_ARN = `arn:aws:iam::${CROWD_ACCOUNT}:policy/crowd-0`
