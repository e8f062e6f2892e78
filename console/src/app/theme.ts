import { applyMode, Mode } from '@cloudscape-design/global-styles'

/** What a person can choose. */
export type Theme = 'light' | 'dark' | 'system'

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
