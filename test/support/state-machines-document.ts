import { STATE_MACHINES, type StateMachine } from '#domain/state-machines';

const TITLES: Readonly<Record<string, readonly [title: string, text: string]>> = {
  'contract-version': [
    'Versions of contracts',
    'A version begins approved, or as a draft or awaiting approval where its publisher says so. In production it begins awaiting approval. Retired is the end.',
  ],
  'definition-version': [
    'Versions of job definitions and action profiles',
    'Every version begins as a draft. An active version is never taken back: runs have relied on it.',
  ],
  'job-run': ['Job runs', 'A run that has ended stays as it is.'],
};

/** Draws all state machines as one Markdown document. */
export function stateMachinesDocument(): string {
  const head = [
    '# State machines',
    '',
    'Drawn from the tables by which the registry decides; `GET /registry/state-machines` gives the same as JSON. Every other step',
    'is refused with 409 `ILLEGAL_TRANSITION`, and `details.legal` lists those that are possible.',
  ];
  return `${[...head, ...STATE_MACHINES.flatMap(section)].join('\n')}\n`;
}

function section(machine: StateMachine): readonly string[] {
  const [title = machine.name, text = ''] = TITLES[machine.name] ?? [];
  return ['', `## ${title}`, '', text, '', '```mermaid', ...diagram(machine), '```'];
}

function diagram({ initial, steps }: StateMachine): readonly string[] {
  const arrows = Object.entries(steps).flatMap(([from, after]) =>
    after.length === 0 ? [`${from} --> [*]`] : after.map((to) => `${from} --> ${to}`),
  );
  const all = [...initial.map((state) => `[*] --> ${state}`), ...arrows];
  return ['stateDiagram-v2', ...all.map((line) => `  ${line}`)];
}
