/** The report as one HTML file without scripts: its charts go in as SVG. */
import { charts } from './charts.js';
import { formatResults, headLines, vsQemuLines, type Results } from './report.js';

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
  svg { max-width: 100%; height: auto; } pre { overflow-x: auto; font-size: 12px; } h2 { font-size: 1.1rem; margin: 2rem 0 0; }
  dt { font-weight: 600; } .error { color: #b00020; }
`;

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** `draw` makes an SVG of a Vega-Lite specification. */
export async function htmlReport(results: Results, draw: (spec: object) => Promise<string>): Promise<string> {
  const sections: string[] = [];
  for (const { title, text, spec } of charts(results)) {
    sections.push(`<section><h2>${escapeHtml(title)}</h2><p>${escapeHtml(text)}</p>${await draw(spec)}</section>`);
  }
  const { contestants, failures } = results;
  const list = contestants.map(
    ({ name, description, how }) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(`${description}: ${how}`)}</dd>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>wemu laboratory</title>
<style>${STYLE}</style>
<h1>wemu laboratory</h1>
<p>${headLines(results).map(escapeHtml).join('<br>')}</p>
<pre>${vsQemuLines(results).map(escapeHtml).join('\n')}</pre>
${failures.map((failure) => `<p class="error">${escapeHtml(failure)}</p>`).join('\n')}
${sections.join('\n')}
<section><h2>Contestants</h2><dl>${list.join('')}</dl></section>
<section><h2>Numbers</h2><pre>${escapeHtml(formatResults(results))}</pre></section>
</html>
`;
}
