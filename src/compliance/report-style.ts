import type { Html } from './html.ts'

/** The style of a report's page: for light and dark screens, phones and print. It refers to no other file. */
export const REPORT_STYLE: Html = {
  html: `:root { color-scheme: light dark; --ink: #1b1e23; --soft: #565d67; --line: #d9dde3; --page: #ffffff; --card: #f6f7f9;
  --high: #a3141c; --high-bg: #fdecec; --medium: #7d4a00; --medium-bg: #fdf1dc; --low: #2f5478; --low-bg: #e8f0f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e8ec; --soft: #a3abb6; --line: #363c45; --page: #14171b; --card: #1d2127;
  --high: #ff9a9a; --high-bg: #431c1f; --medium: #f3c078; --medium-bg: #3d2d12; --low: #9cc6ee; --low-bg: #1b3046; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.75rem 0 .25rem; }
h3 { font-size: 1rem; margin: 0; } p { margin: .25rem 0; } .soft { color: var(--soft); }
code { font: .85em/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
.name { font-weight: 600; overflow-wrap: anywhere; } .text { overflow-wrap: anywhere; }
.badge { display: inline-block; white-space: nowrap; padding: 0 .55em; border-radius: .7em; font-size: .8rem; line-height: 1.6; font-weight: 600; border: 1px solid currentColor; }
.high { color: var(--high); background: var(--high-bg); } .medium { color: var(--medium); background: var(--medium-bg); } .low { color: var(--low); background: var(--low-bg); }
.none { color: var(--soft); background: var(--card); }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.tiles li { flex: 1 1 7rem; border-radius: .6rem; padding: .6rem .9rem; border: 1px solid var(--line); }
.tiles b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { font-size: .8rem; color: var(--soft); font-weight: 600; } th:last-child, td:last-child { padding-right: 0; }
.group tr:last-child td { border-bottom: 0; padding-bottom: 0; } .day { white-space: nowrap; }
.number { width: 4.5rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .zero { color: var(--soft); }
.wide { width: 44%; }
dl.help { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: .6rem 0 .9rem; }
dl.help dt { color: var(--soft); } dl.help dd { margin: 0; overflow-wrap: anywhere; }
.group { border: 1px solid var(--line); border-radius: .6rem; background: var(--card); padding: .75rem 1rem; margin: .75rem 0; }
.head { display: flex; flex-wrap: wrap; gap: .25rem .6rem; align-items: baseline; }
.group ul { margin: .4rem 0 0; padding-left: 1.1rem; } .group li { overflow-wrap: anywhere; }
.event { font-size: .85em; } .event + .event { margin-top: .3rem; }
@media (max-width: 42rem) {
  body { padding: 1.25rem .9rem 3rem; font-size: 16px; } h1 { font-size: 1.35rem; } .wide { width: auto; } .number { width: auto; }
  .tiles { gap: .5rem; } .tiles li { flex-basis: 4.6rem; padding: .45rem .6rem; } .tiles b { font-size: 1.35rem; }
  dl.help { display: block; } dl.help dd { margin-bottom: .4rem; }
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows, .rows tbody, .rows tr, .rows td { display: block; width: auto; }
  .rows tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } .rows tr:last-child { border-bottom: 0; }
  .rows td { border: 0; padding: .05rem 0; } .rows td:empty { display: none; }
  .rows td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); font-size: .85rem; }
  .group { padding: .7rem .75rem; }
}
@page { margin: 14mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --card: #fff; --high: #8f0d14; --medium: #6b3f00; --low: #234a6d; --high-bg: #fff; --medium-bg: #fff; --low-bg: #fff; }
  body { padding: 0; max-width: none; font-size: 9.5pt; } h1 { font-size: 15pt; } h2 { font-size: 12pt; margin-top: 1.6rem; } h3 { font-size: 10pt; }
  h2, h2 + p, .head, .group ul, dl.help, thead { break-after: avoid; } tbody tr:first-child { break-before: avoid; } .tiles b { font-size: 14pt; } th, .badge { font-size: 8pt; } td { padding: .2rem .6rem .2rem 0; } code { font-size: .75em; } .wide { width: 50%; }
  tr, li, .event { break-inside: avoid; } thead { display: table-header-group; } .group { padding: .4rem .6rem; }
}`,
}
