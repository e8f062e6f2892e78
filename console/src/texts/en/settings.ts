/** Texts of the page of a person's settings. */
export const SETTINGS_TEXTS = {
  title: 'Settings',
  about: 'They are kept in this browser.',
  appearance: 'Appearance',
  theme: 'Theme',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  region: 'Region',
  regionLabel: 'Region of the calls',
  regionAbout:
    'Keys, aliases and their calls belong to a region. It holds until you load the page again. The names of regions are those of AWS.',
  use: 'Use this region',
  used: 'The console calls {region} now',
  wrong: 'This is no name of a region: an example is eu-west-1.',
  you: 'Signed in as',
  arn: 'ARN',
  account: 'Account',
  until: 'The credentials are renewed at',
} as const
