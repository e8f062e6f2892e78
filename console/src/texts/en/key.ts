/** Texts of the policy of a key. */
export const POLICY_TEXTS = {
  conflict: 'Somebody else has changed this policy',
  conflictMore:
    'The policy on the server is not the one that you began to edit. On the left: the policy on the server. On the right: yours. If you overwrite it, the changes on the left are lost.',
  theirs: 'The policy on the server',
  ours: 'Your policy',
  editOn: 'Go on editing',
  takeTheirs: 'Discard mine',
  overwrite: 'Overwrite with mine',
} as const
