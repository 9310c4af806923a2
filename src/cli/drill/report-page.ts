import { type DrillReport, shownFigure } from '#cli/drill/drill-report';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 56rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid #8884; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.succeeded { color: light-dark(#116329, #57c26f); }
.failed { color: light-dark(#a40e26, #ff7b85); }
.stopped { color: light-dark(#7a4d00, #e0a94b); }
`;

/** Writes a report as one page without scripts, readable in any browser and on paper. */
export function reportPage(report: DrillReport): string {
  const { drill, outcome, startedAt, seconds, registryVersion, steps, figures } = report;
  const title = `Drill ${drill}: ${outcome}`;
  const stepRows = steps.map(
    (step) =>
      `<tr><td class="${step.outcome}">${step.outcome}</td><td>${escaped(step.name)}</td><td>${escaped(step.detail)}</td><td class="number">${step.seconds.toFixed(2)} s</td></tr>`,
  );
  const figureRows = figures.map(
    ({ name, value, unit }) =>
      `<tr><td>${escaped(name)}</td><td class="number">${shownFigure(value)} ${escaped(unit)}</td></tr>`,
  );
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>Drill ${escaped(drill)}: <span class="${outcome}">${outcome}</span></h1>`,
    `<p>Begun ${escaped(startedAt)}, took ${seconds.toFixed(1)} s, registry ${escaped(registryVersion)}.</p>`,
    '<h2>Steps</h2>',
    table(['Outcome', 'Step', 'What was seen', 'Time'], stepRows),
    ...(figures.length === 0 ? [] : ['<h2>Figures</h2>', table(['Figure', 'Value'], figureRows)]),
    '</body></html>',
    '',
  ].join('\n');
}

function table(heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
