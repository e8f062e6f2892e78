/**
 * The content security policy of the console's pages: they load scripts, styles and images of this server and call it. Styles
 * and scripts are files, never text in the page. Source: Content Security Policy Level 3; Trusted Types.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types',
].join('; ')

const NO_FEATURES = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'magnetometer'],
  ...['microphone', 'midi', 'payment', 'usb'],
]
  .map((name) => `${name}=()`)
  .join(', ')

/** Headers of every response of the console. */
export const SECURITY_HEADERS: readonly string[] = [
  ...['Content-Security-Policy', CONTENT_SECURITY_POLICY],
  ...['Cross-Origin-Opener-Policy', 'same-origin'],
  ...['Cross-Origin-Embedder-Policy', 'require-corp'],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Origin-Agent-Cluster', '?1'],
  ...['Permissions-Policy', NO_FEATURES],
  ...['Referrer-Policy', 'no-referrer'],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['X-Frame-Options', 'DENY'],
  ...['X-Robots-Tag', 'noindex'],
]
