/** How the HTML report looks: on a wide or narrow screen, in the light and in the dark, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2329; --soft: #545d66; --line: #d9d6ce;
  --red: #a3161a; --red-back: #fdeaea; --amber: #7a4b00; --amber-back: #fdf1d8; --green: #17603a; --green-back: #e2f4e8;
  --grey: #4c545c; --grey-back: #eceef0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --card: #1c2227; --ink: #e8eaec; --soft: #a8b1b9; --line: #39424a;
    --red: #ffa8a3; --red-back: #4a1c1d; --amber: #f5cf83; --amber-back: #463410; --green: #96deb3; --green-back: #173d27;
    --grey: #c4ccd3; --grey-back: #303840;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
footer { padding-bottom: 3rem; color: var(--soft); font-size: 0.875rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 3rem 0 0.75rem; font-size: 1.3rem; }
h3 { margin: 0; font-size: 1.1rem; line-height: 1.35; }
p { margin: 0.5rem 0; max-width: 46rem; }
.soft { color: var(--soft); }
.about { margin: 0.25rem 0 1.5rem; color: var(--soft); }
code { font: 0.9em ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
.card { margin: 0 0 1rem; padding: 1.1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.verdict { padding: 1.25rem 1.4rem; border-radius: 10px; border: 1px solid; }
.verdict p { margin: 0; font-size: 1.25rem; font-weight: 650; }
.verdict div { margin-top: 0.35rem; }
.counts { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.75rem 0 0; padding: 0; list-style: none; }
.badge { display: inline-block; padding: 0.1rem 0.6rem; border: 1px solid; border-radius: 99px; font-size: 0.85rem; font-weight: 600; }
.red { color: var(--red); background: var(--red-back); border-color: currentColor; }
.amber { color: var(--amber); background: var(--amber-back); border-color: currentColor; }
.green { color: var(--green); background: var(--green-back); border-color: currentColor; }
.grey { color: var(--grey); background: var(--grey-back); border-color: currentColor; }
.title { display: flex; flex-wrap: wrap; gap: 0.4rem 0.7rem; align-items: baseline; }
.title h3 { flex: 1 1 16rem; }
.findings { margin: 0.75rem 0 0; padding: 0; list-style: none; }
.findings > li { padding: 0.75rem 0 0.25rem; border-top: 1px solid var(--line); }
.findings p { margin: 0.25rem 0; }
.evidence { margin: 0.4rem 0; padding-left: 1.2rem; color: var(--soft); font-size: 0.92rem; }
.list { padding-left: 2.4rem; }
.fix { padding-left: 0.8rem; border-left: 3px solid var(--green); }
.scroll { overflow-x: auto; margin: 0 0 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.scroll:focus-visible { outline: 3px solid var(--soft); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; font-size: 0.92rem; }
caption { padding: 0.8rem 0.9rem 0.4rem; text-align: left; color: var(--soft); }
th, td { padding: 0.5rem 0.9rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; min-width: 9rem; }
th { font-weight: 600; }
td.mark { text-align: center; font-weight: 600; border: 1px solid var(--line); }
td.mark span { display: block; }
td.mark small { font-weight: 400; }
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb;
    --red: #8c1015; --red-back: #fdeaea; --amber: #6b4200; --amber-back: #fdf1d8; --green: #12502f; --green-back: #e2f4e8;
    --grey: #40474e; --grey-back: #eceef0;
  }
  body { font-size: 10.5pt; }
  header { padding-top: 0; }
  .badge, .verdict, td.mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .findings > li, tr, .verdict { break-inside: avoid; }
  h2, h3, .title { break-after: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { min-width: 0; padding: 0.4rem 0.5rem; }
}
`
