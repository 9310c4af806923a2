import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenRequest, type RawAnswer, sendBytes } from '#test/support/fuzz/broken-requests';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { seeded } from '#test/support/seed';

const REQUESTS = 3_000;
const LANES = 16;
const seed = Number(process.env['ATLAS_FUZZ_SEED'] ?? 1);

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry({ ATLAS_READ_WAIT_MS: '20', ATLAS_JSON_BYTES_MAX: '65536' });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

/** Says what is wrong with an answer to bytes; `undefined` where nothing is. */
function faultOf({ text, isHung }: RawAnswer): string | undefined {
  if (isHung) return 'the connection hung';
  if (text === '') return undefined;
  for (const answer of text.split(/(?=HTTP\/1\.1 \d{3} )/)) {
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
    if (Number.isNaN(status) || status === 500) return `it said ${answer.slice(0, 200)}`;
    if (status < 400) continue;
    if (!/^content-type: application\/problem\+json/im.test(answer))
      return `${status} is no problem: ${answer.slice(0, 200)}`;
  }
  return undefined;
}

describe('bytes that are no request, or one that two readers would read differently', () => {
  it('are refused with a problem or by closing the connection, and the registry goes on', async () => {
    const { url } = registry.registry;
    const random = seeded(seed);
    const faults = new Map<string, string>();
    const statuses: Record<string, number> = {};
    let left = REQUESTS;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const bytes = brokenRequest(random);
        const answer = await sendBytes(url, bytes);
        const status = /^HTTP\/1\.1 (\d{3})/.exec(answer.text)?.[1] ?? 'closed';
        statuses[status] = (statuses[status] ?? 0) + 1;
        const fault = faultOf(answer);
        if (fault === undefined) continue;
        const sent = JSON.stringify(bytes.toString('latin1').slice(0, 500));
        faults.set(fault.slice(0, 60), `${fault}\n  to ${sent}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    console.log(
      `broken requests: ${REQUESTS}, ATLAS_FUZZ_SEED=${seed}: ${JSON.stringify(statuses)}`,
    );
    expect([...faults.values()].join('\n\n')).toBe('');
    expect((await registry.api.get('/readyz')).status).toBe(200);
  }, 180_000);
});
