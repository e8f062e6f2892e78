/**
 * The colors of Holdfast in place of the blue ones of Cloudscape, by which people would take the console for AWS's. The build writes
 * them into the values of Cloudscape's design tokens, so that every component has them, in both themes.
 */
const PALETTE: Readonly<Record<string, string>> = {
  // Light: buttons, links and what is selected; hovered, pressed, and the backgrounds of the selected.
  '#006ce0': '#0b5d66',
  '#004a9e': '#084b53',
  '#003b8f': '#063f46',
  '#002b66': '#06373d',
  '#00204d': '#042b30',
  '#f0fbff': '#eefafa',
  '#d1f1ff': '#cdeff1',
  '#b8e7ff': '#b2e5e8',
  // Dark.
  '#42b4ff': '#4fc3cd',
  '#75cfff': '#86d9e0',
  '#001129': '#06191c',
}

const COLORS = new RegExp(Object.keys(PALETTE).join('|'), 'gi')

/** Writes the palette into the values of style sheets. */
export const withPalette = {
  postcssPlugin: 'with-palette',
  Declaration: (declaration: { value: string }): void => {
    const value = declaration.value.replaceAll(COLORS, (color) => PALETTE[color.toLowerCase()] ?? color)
    // PostCSS visits a declaration again whenever it is set.
    if (value !== declaration.value) declaration.value = value
  },
}
