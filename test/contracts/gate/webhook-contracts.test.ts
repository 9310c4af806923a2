import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWebhookContracts, type WebhookVersion } from '#cli/examples/webhook-contracts';
import { compared, ofSchema } from '#test/contracts/gate/gate-job';

const ARCHIVE = resolve(import.meta.dirname, '../../../examples/contracts/github-webhooks.json.br');

describe('the webhook contracts', () => {
  it('runGate() decides every succession both ways, and shows a document for each that is refuted', () => {
    const successions = readSuccessions();
    const levels: Record<string, number> = {};
    for (const [older, newer] of successions) {
      const name = `${newer.name} ${newer.version}`;
      // Where nothing is protected, single changes are not tried, which takes most of the time.
      const comparison = compared(ofSchema(asJson(older)), ofSchema(asJson(newer)), {
        mode: 'NONE',
        assertsFormats: false,
        stepsMax: 2_000_000,
      });
      levels[comparison.level] = (levels[comparison.level] ?? 0) + 1;
      for (const direction of ['backward', 'forward'] as const) {
        const verdict = comparison[direction];
        expect(verdict.kind, `${name} ${direction}`).not.toBe('unknown');
        if (verdict.kind !== 'incompatible') continue;
        expect(verdict.counterExample, `${name} ${direction}`).toBeDefined();
        const blamed = comparison.changes.filter(({ breaks }) => breaks.includes(direction));
        expect(blamed.length, `${name} ${direction}`).toBeGreaterThan(0);
      }
    }
    console.log(`${successions.length} successions: ${JSON.stringify(levels)}`);
    expect(successions).toHaveLength(379);
    expect(levels).toEqual({ major: 234, minor: 140, patch: 5 });
  }, 300_000);

  it('runGate() shows a document for each change that breaks', () => {
    const [older, newer] =
      readSuccessions().find(
        ([, { name, version }]) => name === 'github.status' && version === 'v7',
      ) ?? [];
    if (older === undefined || newer === undefined) throw new Error('no such succession');
    const { changes } = compared(ofSchema(asJson(older)), ofSchema(asJson(newer)), {
      assertsFormats: false,
    });
    const [first] = changes;
    expect(first?.message).toBe(
      'Property "custom_properties" of /definitions/repository became required',
    );
    expect(first?.counterExample?.refusal).toBe(
      '/repository must have required property "custom_properties"',
    );
  });
});

function readSuccessions(): readonly (readonly [WebhookVersion, WebhookVersion])[] {
  const versions = readWebhookContracts(ARCHIVE);
  return versions.flatMap((newer, index) => {
    const older = versions[index - 1];
    return older?.name === newer.name ? [[older, newer] as const] : [];
  });
}

function asJson({ jsonSchema }: WebhookVersion) {
  return jsonSchema as Parameters<typeof ofSchema>[0];
}
