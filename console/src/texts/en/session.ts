/** Texts of switching to a role. */
export const SESSION_TEXTS = {
  roleEnded: 'The session of the role has ended. You go on as yourself.',
  switch: 'Switch role',
  switchAccount: 'Switch account',
  switchAccountAbout:
    'Your session here ends, and the sign-in page opens for the other account: sign in there as a user, with a passkey, or with a link of holdfast console --account. To work in another account without signing in again, switch to a role of it.',
  signInThere: 'Sign in to this account',
  back: 'Switch back',
  title: 'Switch role',
  about:
    'You go on with the permissions of the role, for at most one hour. Its trust policy and your own policies must allow it. To load the page again switches back.',
  rootAbout: 'The root user cannot assume roles. Sign in as a user.',
  account: 'Account ID',
  accountAbout: 'Your own account, or another one whose role trusts you.',
  accountWrong: 'An account ID has 12 digits.',
  role: 'Role name',
  roleAbout: 'With its path, if it has one.',
  roleWrong: 'Use letters, digits and + = , . @ _ - /',
  switched: 'You go on as the role {role}',
  entered: 'Use {value}',
} as const
