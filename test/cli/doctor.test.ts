import { describe, expect, it } from 'vitest';
import { SMALL } from '#test/support/doctor-bed';
import { runCommand } from '#test/support/run-command';
import { tempFolder } from '#test/support/temp';

async function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  using folder = tempFolder();
  const settings = { ATLAS_DATA_DIR: folder.path, BIND_ADDR: '127.0.0.1:0', ...SMALL, ...env };
  const run = runCommand(['doctor', ...args], settings);
  return { code: await run.exit, text: run.text() };
}

describe('atlas-registry doctor', () => {
  it('exits with 0 where there is nothing to do, and says so for people and for machines', async () => {
    const people = await doctor([]);
    expect(people.code).toBe(0);
    expect(people.text).toMatch(/^ok {7}node .*\n/);
    expect(people.text).toMatch(/Nothing to do\.\n$/);
    const machines = await doctor(['--json']);
    const json = JSON.parse(machines.text) as { problems: number; findings: unknown[] };
    expect(json.problems).toBe(0);
    expect(json.findings).toContainEqual({
      check: 'node',
      verdict: 'ok',
      is: `Node.js ${process.versions.node}`,
    });
  });

  it('names the setting that was meant, and looks at everything else all the same', async () => {
    const { code, text } = await doctor(['--json'], { ATLAS_STREAM_REPLICA: '3' });
    expect(code).toBe(1);
    const { findings } = JSON.parse(text) as { findings: { check: string }[] };
    expect(findings).toContainEqual({
      check: 'settings',
      verdict: 'problem',
      is: 'Cannot use ATLAS_STREAM_REPLICA: there is no such setting',
      todo: 'did you mean ATLAS_STREAM_REPLICAS?',
    });
    expect(findings.map(({ check }) => check)).toContain('nats');
  });

  it('says all that is wrong with settings that cannot be used, and that nothing else was looked at', async () => {
    const { code, text } = await doctor([], { BIND_ADDR: '0.0.0.0:1', ATLAS_CONFLICTS_MAX: 'x' });
    expect(code).toBe(1);
    expect(text).toContain('want a whole number from 0 to 1000');
    expect(text).toContain('ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE=true');
    expect(text).toContain('it was not looked at');
    expect(text).toMatch(/3 problems, 0 warnings\n$/);
  });

  it('exits with 1 for warnings where --strict asks for it, and with 2 where it cannot look', async () => {
    const open = { BIND_ADDR: '0.0.0.0:0', ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE: 'true' };
    expect((await doctor([], open)).code).toBe(0);
    expect((await doctor(['--strict'], open)).code).toBe(1);
    expect((await doctor(['--timeout', '0'])).code).toBe(2);
    expect((await doctor(['--loud'])).code).toBe(2);
  });
});
