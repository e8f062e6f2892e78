import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { withPalette } from './palette.ts'

/** Takes fonts out of style sheets: Cloudscape inlines 100 KB of them, which the content security policy refuses. */
const withoutFonts = {
  postcssPlugin: 'without-fonts',
  AtRule: {
    'font-face': (rule: { remove: () => void }) => {
      rule.remove()
    },
  },
}

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from the default export
export default defineConfig({
  base: '/console/',
  plugins: [react()],
  css: { postcss: { plugins: [withoutFonts, withPalette] } },
  build: {
    target: 'es2023',
    manifest: true,
    // Scripts and styles are files: the content security policy allows none in the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // `build.ts` checks the sizes that matter.
    chunkSizeWarningLimit: 2_000,
    license: false,
  },
})
