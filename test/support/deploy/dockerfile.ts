import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { packageInfo } from '#ops/package-root';

const { root } = packageInfo();
const FOLDER = join(root, 'deploy/docker');

/** One line of a Dockerfile: `RUN` and what stands behind it. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

const KNOWN = new Set('FROM WORKDIR COPY RUN ENV USER VOLUME EXPOSE ENTRYPOINT CMD'.split(' '));

/** Reads the Dockerfile of the project, a small subset of what there could be. */
export function readDockerfile(): readonly Stage[] {
  const text = readFileSync(join(FOLDER, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (!KNOWN.has(name)) throw new Error(`Unknown instruction: ${line}`);
    const [, image = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
    if (name === 'FROM') stages.push({ image, name: as, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** What a stage says under one name; `COPY` and `RUN` stand many times. */
export function saidBy(stage: Stage | undefined, name: string): readonly string[] {
  return (stage?.instructions ?? []).filter((one) => one.name === name).map(({ text }) => text);
}

/** The environment that an image gives its processes. */
export function imageEnvironment(stage: Stage | undefined): Readonly<Record<string, string>> {
  const pairs = saidBy(stage, 'ENV').flatMap((text) => text.split(' '));
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
}

export interface CopyStep {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** Takes `--from=build a b c/` apart. */
export function parseCopy(text: string): CopyStep {
  const [, from, rest = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
  const words = rest.split(' ');
  return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
}

/** Tells whether a path of the checkout may get into an image: the last line that speaks of it decides. */
export function isSent(path: string): boolean {
  const lines = readFileSync(join(FOLDER, 'Dockerfile.dockerignore'), 'utf8').split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return rules.reduce((sent, rule) => {
    const pattern = rule.replace(/^!/, '');
    const fits = pattern === '*' || path === pattern || path.startsWith(`${pattern}/`);
    return fits ? rule.startsWith('!') : sent;
  }, true);
}

/** Does what a step says, in a folder that stands for the root of the image. Gives whether it did. */
export type RunStep = (command: string, folder: string) => void;

/** Builds the tree of the last stage with processes of this machine. Gives its folder of work. */
export function buildTree(folder: string, run: RunStep): string {
  const workOf = (name: string): string => join(folder, name, 'app');
  let last = '';
  for (const [index, stage] of readDockerfile().entries()) {
    const work = workOf(stage.name ?? String(index));
    mkdirSync(work, { recursive: true });
    for (const { name, text } of stage.instructions) {
      if (name === 'COPY') copy(parseCopy(text), work, workOf);
      if (name === 'RUN') run(text, work);
    }
    last = work;
  }
  return last;
}

function copy(step: CopyStep, work: string, workOf: (stage: string) => string): void {
  const { from, sources, target } = step;
  const isFolder = target.endsWith('/');
  for (const source of sources) {
    const origin =
      from === undefined ? join(root, source) : join(workOf(from), source.replace(/^\/app\//, ''));
    if (!existsSync(origin)) throw new Error(`Cannot copy ${source}: it is not there`);
    const to = join(work, target, isFolder ? basename(source) : '');
    const filter = (path: string): boolean =>
      from !== undefined || isSent(relative(root, path)) || holdsSent(relative(root, path));
    cpSync(origin, to, { recursive: true, verbatimSymlinks: true, filter });
  }
}

// A folder is entered when something in it may be sent.
function holdsSent(path: string): boolean {
  return statSync(join(root, path)).isDirectory() && isSent(`${path}/x`);
}

/** Copies a folder as it is. */
export function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}
