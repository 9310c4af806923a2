import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '#domain/canonical-json';
import { parseSubject, subjectOf } from '#log/subjects';
import type { FuzzAnswer } from '#test/support/fuzz/fuzz-answers';
import { type HostileBed, startHostileBed } from '#test/support/hostile-bed';
import type { HostileCommand } from '#test/support/hostile-command';
import { HOSTILE_ARTIFACT, HOSTILE_GROUND, hostileCommands } from '#test/support/hostile-commands';
import { HOSTILE_NAMES } from '#test/support/hostile-names';
import {
  type JsonPlace,
  objectPlaces,
  replaced,
  textPlaces,
  textsIn,
  withMember,
} from '#test/support/json-places';
import { prototypes } from '#test/support/prototypes';

const before = prototypes();
let bed: HostileBed;
/** What was taken and must stand in the log. */
const taken = new Map<string, string>();
let tokens = 0;

beforeAll(async () => {
  bed = await startHostileBed();
  const { bytes, sha256 } = HOSTILE_ARTIFACT;
  await bed.send({ method: 'PUT', target: `/registry/artifacts/${sha256}`, body: bytes });
  for (const { path, body } of HOSTILE_GROUND)
    expect((await bed.post(path, body)).status, path).toBeLessThan(300);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

function nextToken(): string {
  tokens += 1;
  return `t${tokens}`;
}

function jsonOf({ body, headers }: FuzzAnswer): Json {
  const isJson = String(headers['content-type']).includes('json') && body.length > 0;
  return isJson ? (JSON.parse(body.toString('utf8')) as Json) : null;
}

interface Trial {
  readonly index: number;
  readonly text: string;
  readonly place: JsonPlace;
  /** What the hostile text is: the value at a place, or the name of a member beside others. */
  readonly as: 'value' | 'member';
}

/** Sends one command with a hostile text in one place; it must be refused, or come back as it was sent. */
async function tryText({ index, text, place, as }: Trial): Promise<void> {
  const command = hostileCommands(nextToken())[index] as HostileCommand;
  for (const { path, body } of command.before ?? []) {
    const { status } = await bed.post(path, body);
    if (status >= 300) bed.note(`${command.operationId}: ${path} was answered ${status}`);
  }
  const body = replaced(command.body, place, (value) =>
    as === 'value' ? text : withMember(value, text, Object.values(value as object)[0] ?? 'x'),
  );
  const answer = await bed.post(command.path, body, command.method ?? 'POST');
  const shown = `${command.operationId} ${place.join('.')} ${as} ${JSON.stringify(text).slice(0, 80)}`;
  if (answer.status >= 300 || hasRefusedPart(jsonOf(answer))) return;
  const named = [...place, text].map(String);
  if (command.isKept === false || named.some((name) => command.dropped?.includes(name))) return;
  if (command.read !== undefined) {
    const read = await bed.send({ target: command.read(body as JsonObject) });
    // The names of headers are kept in lower case.
    const kept = place.at(-1) === 'headers' && as === 'member' ? text.toLowerCase() : text;
    if (!textsIn(jsonOf(read)).has(kept)) bed.note(`${shown}: was taken, and is not shown`);
  }
  if (place.includes('headers')) return;
  if (!named.some((name) => command.notInLog?.includes(name))) taken.set(text, shown);
}

/** Tells whether the one operation of a batch was refused. */
function hasRefusedPart(json: Json): boolean {
  const results = (json as JsonObject | null)?.['results'];
  return Array.isArray(results) && results.some(({ problem }) => problem !== undefined);
}

const OPERATIONS = hostileCommands('x').map(({ operationId, body }, index) => ({
  operationId,
  body,
  index,
}));

describe('a hostile text in a body', () => {
  it.each(OPERATIONS)('is refused by $operationId, or comes back equal', async (command) => {
    const { body, index } = command;
    bed.faults.clear();
    // Without one it is right: what is refused is refused because of the text.
    const right = hostileCommands(nextToken())[index] as HostileCommand;
    for (const one of right.before ?? []) await bed.post(one.path, one.body);
    const { status, body: told } = await bed.post(right.path, right.body, right.method ?? 'POST');
    if (!command.operationId.includes('ookup'))
      expect([status, told.toString('utf8')]).toEqual([
        expect.toSatisfy((s) => s < 300),
        expect.anything(),
      ]);
    const places = [
      ...textPlaces(body).map((place) => ({ place, as: 'value' as const })),
      ...objectPlaces(body).map((place) => ({ place, as: 'member' as const })),
    ];
    const trials = places.flatMap(({ place, as }) =>
      HOSTILE_NAMES.map((text): Trial => ({ index, text, place, as })),
    );
    await bed.forAll(trials, tryText);
    expect([...bed.faults].join('\n')).toBe('');
  });
});

describe('two texts that look alike', () => {
  const twins = ['\u00e9', 'e\u0301'];

  it('are no names, and stay two where any text may stand', async () => {
    for (const twin of twins) {
      for (const { operationId, body, path } of hostileCommands(nextToken())) {
        if (!/^(registerDataset|publishContract|startJobRun|define)/.test(operationId)) continue;
        const field = 'id' in body ? 'id' : 'name';
        expect((await bed.post(path, { ...body, [field]: twin })).status, operationId).toBe(400);
      }
    }
    const id = nextToken();
    const [composed = '', decomposed = ''] = twins;
    const metadata = { [composed]: decomposed, [decomposed]: composed };
    expect((await bed.post('/registry/job-runs', { id, job: 'load', metadata })).status).toBe(201);
    const read = jsonOf(await bed.send({ target: `/registry/job-runs/${id}` })) as JsonObject;
    expect(read['metadata']).toEqual(metadata);
  });
});

describe('after all of them', () => {
  it('the log holds every text that was taken, under subjects that stand for their scope alone', async () => {
    const events = await bed.events();
    const texts = new Set<string>();
    for (const event of events) for (const text of textsIn(event)) texts.add(text);
    const missing = [...taken].filter(([text]) => !texts.has(text));
    expect(missing.map(([, shown]) => shown)).toEqual([]);
    expect(taken.size).toBeGreaterThan(50);
    for (const subject of await bed.subjects()) {
      const { scope, kind, id } = parseSubject(subject);
      expect(subjectOf({ scope, kind, id })).toBe(subject);
      expect([scope.tenant, scope.environment]).toEqual(['default', expect.any(String)]);
    }
  });

  it('no file lies outside of the data folder, and none is named by a client', () => {
    const outside = bed.files().filter((path) => !/^a(\/data(\/.*)?)?$/s.test(path));
    expect(outside).toEqual([]);
    const odd = bed.files().filter((path) => !/^[A-Za-z0-9._/-]+$/.test(path));
    expect(odd).toEqual([]);
    expect(existsSync('/tmp/atlas-hostile')).toBe(false);
  });

  it('no prototype has changed', () => {
    expect(prototypes()).toEqual(before);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
