import { applyMode, Mode } from '@cloudscape-design/global-styles'

/** The themes, in the order of the menus. */
export const THEMES = ['system', 'light', 'dark'] as const
/** What a person can choose. */
export type Theme = (typeof THEMES)[number]

const STORED = 'holdfast-theme'
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)')

/** The theme that was chosen in this browser. */
export function chosenTheme(): Theme {
  const text = window.localStorage.getItem(STORED)
  return text === 'light' || text === 'dark' ? text : 'system'
}

/** Remembers and shows a theme. */
export function chooseTheme(theme: Theme): void {
  window.localStorage.setItem(STORED, theme)
  applyTheme(theme)
}

/** Shows a theme. */
export function applyTheme(theme: Theme): void {
  const isDark = theme === 'system' ? prefersDark.matches : theme === 'dark'
  applyMode(isDark ? Mode.Dark : Mode.Light)
}

prefersDark.addEventListener('change', () => applyTheme(chosenTheme()))
