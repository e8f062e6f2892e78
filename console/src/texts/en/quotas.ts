/** Texts of the page of quotas. */
export const QUOTA_TEXTS = {
  title: 'Quotas',
  about: 'What this account may have, and how fast it may call.',
  name: 'Quota',
  meaning: 'Meaning',
  value: 'Value',
  isSet: 'Set',
  byDefault: 'Default',
  aws: 'AWS',
  actions: 'Actions',
  change: 'Change',
  changeOf: 'Change {name}',
  range: 'From {min} to {max}',
  back: 'Use the default',
  saved: 'The quota was changed',
  none: 'There are no quotas.',
} as const
