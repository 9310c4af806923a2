import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { DiagnoseMachine } from '#cli/doctor';
import { type Finding, ok, problem, warning } from '#cli/doctor/finding';
import type { Check } from '#compose/doctor/check';
import type { Config } from '#ops/config/settings';

const NODE_MIN = [20, 19] as const;
const MIB = 1_048_576;
// Code, V8 and SQLite without anything to do.
const RESIDENT_BYTES = 160 * MIB;
// What is read from a body takes several times its bytes.
const BODY_FACTOR = 3;
// Files beside sockets and datasets: views, logs, pipes, libraries.
const FILES_BESIDE = 256;
const CGROUP_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

/** Looks at what runs the program. */
export const checkMachine: DiagnoseMachine = () => [checkNode(process.versions.node)];

/** Says whether a version of Node is new enough. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  const is = `Node.js ${version}`;
  return isNew ? ok('node', is) : problem('node', is, `install ${NODE_MIN.join('.')} or later`);
}

/** Holds what the settings allow to what the machine and its container give. */
export const checkBudgets: Check = async ({ config }) => [
  filesFinding(config, openFilesMax()),
  memoryFinding(config, memoryLimit()),
];

/** Says whether a process that may open so many files can keep what the settings promise. */
export function filesFinding(config: Config, filesMax: number): Finding {
  const { socketsMax, filesOpenMax } = config;
  const wanted = socketsMax + filesOpenMax + FILES_BESIDE;
  const is = `${filesMax} files may be open`;
  if (filesMax >= wanted) return ok('open files', is);
  const todo = `allow ${wanted} (ulimit -n, LimitNOFILE=), or lower ATLAS_SOCKETS_MAX (${socketsMax})`;
  return warning(
    'open files',
    `${is}, ATLAS_SOCKETS_MAX and ATLAS_OPEN_FILES_MAX ask for more`,
    todo,
  );
}

/** Says whether the caches and bodies that the settings allow fit into memory. */
export function memoryFinding(config: Config, bytes: number): Finding {
  const { catalogCacheBytesMax, hotReadBytesMax, bodiesBytesMax, sqliteCacheKib } = config;
  const threads = config.queryThreads || Math.max(1, availableParallelism() - 1);
  const wanted =
    RESIDENT_BYTES +
    catalogCacheBytesMax +
    hotReadBytesMax +
    bodiesBytesMax * BODY_FACTOR +
    threads * sqliteCacheKib * 1_024;
  const shown = (n: number): string => `${Math.round(n / MIB)} MiB`;
  const is = `${shown(bytes)} for this process, ${shown(wanted)} when all budgets are used up`;
  if (bytes >= wanted) return ok('memory', is);
  const todo = `give it ${shown(wanted)}, or lower ATLAS_BODIES_BYTES_MAX and ATLAS_CATALOG_CACHE_BYTES_MAX`;
  return warning('memory', is, todo);
}

function openFilesMax(): number {
  const text = readText('/proc/self/limits') ?? '';
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

/** What the container allows, else what the machine has. */
function memoryLimit(): number {
  const limits = CGROUP_FILES.map((path) => Number(readText(path)?.trim()));
  return Math.min(totalmem(), ...limits.filter((bytes) => bytes > 0));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Another system has no such file, and then nothing is limited there.
    return undefined;
  }
}
