import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '#ops/config/read-config';
import { SETTINGS } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';
import {
  type ComposeService,
  mountedFile,
  readComposeFile,
} from '#test/support/deploy/compose-file';
import { imageEnvironment, readDockerfile, saidBy } from '#test/support/deploy/dockerfile';
import { bucketsOf } from '#test/support/deploy/minio-stand-in';
import { tempFolder } from '#test/support/temp';

const { root } = packageInfo();
const compose = readComposeFile();
const services = Object.entries(compose.services);
const nodes = services.filter(([, { build }]) => build !== undefined);
const brokers = services.filter(([name]) => /^nats(-\d)?$/.test(name));
// They prepare something and end.
const ONCE = ['volume-owner', 'buckets'];
const lasting = services.filter(([name]) => !ONCE.includes(name));
const image = readDockerfile().at(-1);

function environmentOf({ environment = {} }: ComposeService): Readonly<Record<string, string>> {
  return { ...imageEnvironment(image), ...environment };
}

function seconds(text = '0s'): number {
  return Number(/^(\d+)s$/.exec(text)?.[1]);
}

describe('docker-compose.yml', () => {
  it('is what the schema of Compose asks for', () => {
    const schema = join(import.meta.dirname, '../support/deploy/compose-schema/compose-spec.json');
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    // It names its dialect by http, which is no name of it, and its parts by `id`, which that dialect does not know.
    const withoutNames = (key: string, value: unknown): unknown =>
      ['$schema', 'id'].includes(key) && typeof value === 'string' ? undefined : value;
    const rules = JSON.parse(readFileSync(schema, 'utf8'), withoutNames) as object;
    const validate = ajv.compile(rules);
    const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
    validate(parse(text, { merge: true }));
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { registry: { imagee: 'x' } } })).toBe(false);
  });

  it('has the single registry with all it uses, and a cluster of 3 brokers, 2 writers, 2 readers and a projector', () => {
    const single = services.filter(([, { profiles }]) => profiles === undefined);
    expect(single.map(([name]) => name).toSorted()).toEqual(
      ['buckets', 'minio', 'nats', 'postgres', 'redis', 'registry', 'volume-owner'].toSorted(),
    );
    const cluster = services.filter(([, { profiles }]) => profiles?.includes('cluster') === true);
    const roles = cluster.map(([name, { environment }]) => environment?.['ATLAS_ROLE'] ?? name);
    expect(roles.toSorted()).toEqual(
      [
        'nats-1',
        'nats-2',
        'nats-3',
        'projector',
        'reader',
        'reader',
        'writer',
        'writer',
      ].toSorted(),
    );
  });

  it.each(nodes)(
    'gives %s settings that are known and right, and nothing else but credentials of S3',
    (_name, service) => {
      const known = new Set<string>(Object.values(SETTINGS).map(({ env }) => env));
      const others = Object.keys(environmentOf(service)).filter((name) => !known.has(name));
      expect(others.toSorted()).toEqual(
        ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'NODE_ENV'].toSorted(),
      );
      const config = readConfig(environmentOf(service));
      expect(config.bind).toEqual({ host: '0.0.0.0', port: 3_001 });
      expect(bucketsOf(compose)).toContain(config.s3Bucket);
      expect(seconds(service.stop_grace_period) * 1_000).toBeGreaterThan(
        config.drainDelayMs + config.shutdownGraceMs,
      );
    },
  );

  it('lets the single registry and the cluster share no database and no bucket', () => {
    const placesOf = (wanted: boolean): Set<string> =>
      new Set(
        nodes
          .filter(([, { profiles }]) => (profiles === undefined) === wanted)
          .map(([, service]) => readConfig(environmentOf(service)))
          .flatMap(({ databaseUrl, s3Bucket, natsUrl, redisPrefix }) => [
            `${databaseUrl}`,
            `${s3Bucket}`,
            `${natsUrl}`,
            redisPrefix,
          ]),
      );

    expect([...placesOf(true)].filter((place) => placesOf(false).has(place))).toEqual([]);
  });

  it('names only hosts, ports, files, volumes and services that are there', () => {
    for (const [name, service] of services) {
      for (const [used] of Object.entries(service.depends_on ?? {}))
        expect(compose.services, name).toHaveProperty([used]);
      for (const mount of service.volumes ?? []) {
        const [from = ''] = mount.split(':');
        if (from.startsWith('./')) expect(existsSync(join(root, from)), mount).toBe(true);
        else expect(compose.volumes, mount).toHaveProperty([from]);
      }
      const text = JSON.stringify(service.environment ?? {});
      const hosts = [...text.matchAll(/@?([a-z][a-z0-9-]*):(\d{4})\b/g)];
      for (const [, host = '', port = ''] of hosts)
        expect(listens(host, port), `${host}:${port}`).toBe(true);
    }
    for (const used of Object.keys(compose.volumes))
      expect(
        services.filter(([, { volumes }]) => volumes?.some((one) => one.startsWith(`${used}:`)))
          .length,
      ).toBeGreaterThan(0);
  });

  it('builds the image from the Dockerfile, and looks at its port', () => {
    for (const [, { build, healthcheck, volumes }] of nodes) {
      expect(build).toEqual({ context: '.', dockerfile: 'deploy/docker/Dockerfile' });
      const port = saidBy(image, 'EXPOSE')[0];
      expect(healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${port}/readyz`);
      expect(volumes?.[0]?.split(':')[1]).toBe(environmentOf({ image: '' })['ATLAS_DATA_DIR']);
    }
  });

  it.each(services)(
    'confines %s: no root of its own, no rights to gain, no capability, a root that is read-only',
    (name, service) => {
      const { user = '', read_only, cap_drop, cap_add, security_opt, network_mode } = service;
      expect(read_only).toBe(true);
      expect(cap_drop).toEqual(['ALL']);
      expect(security_opt).toEqual(['no-new-privileges:true']);
      expect(service.deploy?.resources.limits).toEqual({
        cpus: expect.stringMatching(/^\d+(\.\d+)?$/) as string,
        memory: expect.stringMatching(/^\d+[MG]$/) as string,
      });
      if (name === 'volume-owner') {
        // Root, for a moment, with one capability and without a network.
        expect([user, cap_add, network_mode]).toEqual(['0:0', ['CHOWN'], 'none']);
        return;
      }
      expect(cap_add).toBeUndefined();
      expect(Number(user.split(':')[0])).toBeGreaterThan(0);
    },
  );

  it('looks at the health of whatever lasts, starts it again, and publishes ports on loopback alone', () => {
    for (const [name, { healthcheck, restart, ports = [] }] of lasting) {
      expect(healthcheck?.test.length, name).toBeGreaterThan(1);
      expect(restart, name).toBe('unless-stopped');
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    const published = services.flatMap(([, { ports = [] }]) =>
      ports.map((port) => port.split(':')[1]),
    );
    expect(new Set(published).size).toBe(published.length);
  });

  it('waits for what a node needs, and every step that ends is waited for by something that lasts', () => {
    for (const [name, { depends_on: needs = {} }] of services)
      for (const [used, { condition }] of Object.entries(needs)) {
        const isOnce = ONCE.includes(used);
        expect(condition, `${name} on ${used}`).toBe(
          isOnce ? 'service_completed_successfully' : 'service_healthy',
        );
      }
    // Else `docker compose up --wait` takes their end for a failure.
    for (const one of ONCE)
      expect(lasting.some(([, { depends_on: needs = {} }]) => one in needs)).toBe(true);
  });

  it('pins every image to a version', () => {
    for (const [name, service] of services)
      expect(service.image, name).toMatch(/:(\d+[\w.-]*|RELEASE\.[\dTZ-]+|local)$/);
  });

  it('keeps the log on disk before it is acknowledged, and the tail to the server', () => {
    for (const [, service] of brokers) {
      const text = readFileSync(
        join(root, mountedFile(service, '/etc/nats/registry.conf')),
        'utf8',
      );
      expect(text).toContain('sync_interval: always');
      expect(text).toContain('publish: { deny: "atlas-tail.>" }');
    }
  });
});

/** Whether a service says that it listens on a port. */
function listens(host: string, port: string): boolean {
  const service = compose.services[host];
  if (service === undefined) return false;
  const { expose = [] } = service as { readonly expose?: readonly string[] };
  return expose.includes(port);
}

describe('make up', () => {
  const script = join(root, 'deploy/compose/up.sh');
  const WITHOUT = 'without containers: make run, or make cluster';

  /** Runs the script with a `docker` that does what the shell lines say. */
  async function up(docker: string | undefined, ...args: string[]) {
    using folder = tempFolder();
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    for (const tool of ['dirname', 'sh', 'env']) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
    if (docker !== undefined) {
      writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${docker}\n`);
      chmodSync(join(bin, 'docker'), 0o755);
    }
    const run = promisify(execFile)('/bin/sh', [script, ...args], { env: { PATH: bin } });
    return await run.then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
    );
  }

  it('says what is missing: Docker, its plugin, or an engine that answers', async () => {
    const missing = await up(undefined, 'up');
    expect(missing.code).toBe(1);
    expect(missing.text).toContain('docker is not on PATH');
    const plugin = await up('exit 1', 'up');
    expect(plugin.text).toContain('docker has no plugin "compose"');
    const engine = await up('[ "$1" = compose ]', 'up');
    expect(engine.text).toContain('the Docker Engine does not answer');
    for (const { text } of [missing, plugin, engine]) expect(text).toContain(WITHOUT);
  });

  it('refuses an action or a profile that there is not', async () => {
    expect((await up('exit 0', 'across')).text).toContain('there is no action "across"');
    expect((await up('exit 0', 'up', 'custer')).text).toContain('there is no profile "custer"');
  });

  it('starts what it says, and ends both', async () => {
    const echo = 'case "$*" in *version*|info) ;; *) echo "$*" ;; esac';
    expect((await up(echo, 'up')).text).toContain('compose up --build --detach --wait registry\n');
    const { text } = await up(echo, 'up', 'cluster');
    const [line = ''] = text.split('\n');
    expect(line).toContain('compose --profile cluster up --build --detach --wait');
    const named = line.split(' --wait ')[1]?.split(' ').toSorted();
    const members = nodes.filter(([, { profiles }]) => profiles !== undefined);
    expect(named).toEqual(members.map(([name]) => name).toSorted());
    expect((await up(echo, 'down')).text).toBe('compose --profile cluster down\n');
  });
});
