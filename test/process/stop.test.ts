import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { openEvents } from '#test/support/sse';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

let folder: TempFolder;
let registry: RegistryProcess | undefined;

beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  await registry?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Write {
  readonly name: string;
  readonly key: string;
  outcome: 'acknowledged' | 'not-applied' | 'unknown';
}

/** Writes with keys from several clients until stopped; what gets no answer is unknown. */
function load(
  url: string,
  clients: number,
): { readonly writes: Write[]; readonly stop: () => Promise<void> } {
  const writes: Write[] = [];
  let running = true;
  const client = async (): Promise<void> => {
    while (running) {
      const write: Write = { name: `w/${newId()}`, key: newId(), outcome: 'unknown' };
      writes.push(write);
      write.outcome = await send(url, write);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    writes,
    stop: async () => {
      running = false;
      await all;
    },
  };
}

async function send(url: string, { name, key }: Write): Promise<Write['outcome']> {
  try {
    const response = await fetch(`${url}/registry/datasets`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({ name, schema_fingerprint: 'fp' }),
      signal: AbortSignal.timeout(15_000),
    });
    const json = (await response.json()) as { outcome?: Write['outcome'] };
    return response.ok ? 'acknowledged' : (json.outcome ?? 'unknown');
  } catch {
    return 'unknown';
  }
}

describe('a registry that is stopped under load', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s loses nothing that it acknowledged and doubles nothing',
    async (signal) => {
      registry = startProcess(folder.path);
      const first = await registry.ready();
      const { writes, stop } = load(first.url, 16);
      await eventually(
        'some writes',
        () => writes.filter((w) => w.outcome === 'acknowledged').length > 300,
      );
      registry.child.kill(signal);
      expect(await registry.exit).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL');
      await stop();

      registry = startProcess(folder.path);
      const api = await registry.ready();
      // A client that got no answer sends the same again: the write is there once.
      for (const write of writes.filter((w) => w.outcome === 'unknown'))
        write.outcome = await send(api.url, write);
      const acknowledged = writes.filter((w) => w.outcome === 'acknowledged').map((w) => w.name);
      const events = await openEvents(`${api.url}/registry/events?from=1`);
      await eventually('every event', () => events.messages.length >= acknowledged.length);
      const registered = events.messages.map(
        (m) => JSON.parse(m.data) as { subject: string; commandid: string },
      );
      events.close();
      const names = registered.map((event) => event.subject);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(registered.map((event) => event.commandid)).size).toBe(names.length);
      expect(names.toSorted()).toEqual(acknowledged.toSorted());
    },
  );

  it('by SIGTERM ends the requests that run and takes no new ones', async () => {
    registry = startProcess(folder.path);
    const api = await registry.ready();
    const running = Array.from({ length: 50 }, () =>
      api.post('/registry/datasets', { name: `r/${newId()}`, schema_fingerprint: 'fp' }),
    );
    await running[0];
    registry.child.kill('SIGTERM');
    const statuses = await Promise.allSettled(running);
    const answered = statuses.flatMap((s) => (s.status === 'fulfilled' ? [s.value.status] : []));
    expect(new Set(answered)).toEqual(new Set([201]));
    expect(await registry.exit).toBe(0);
    await expect(api.get('/healthz')).rejects.toThrow();
  });

  it('ends at once on a second signal', async () => {
    registry = startProcess(folder.path, { ATLAS_SHUTDOWN_GRACE_MS: '60000' });
    const api = await registry.ready();
    const events = await openEvents(`${api.url}/registry/events`);
    events.pause();
    registry.child.kill('SIGTERM');
    await eventually('the first signal', () => registry?.stdout().includes('SIGTERM'));
    registry.child.kill('SIGINT');
    expect([0, 130]).toContain(await registry.exit);
    events.close();
  });
});
