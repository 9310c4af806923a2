import { describe, expect, it } from 'vitest';
import { ReleaseStack } from '#ops/release-stack';

describe('ReleaseStack', () => {
  it('releases in reverse order, each when the one before it is done', async () => {
    const order: string[] = [];
    const releases = new ReleaseStack(() => undefined);
    for (const name of ['folder', 'broker', 'views', 'http']) {
      releases.add(name, async () => {
        order.push(`${name} begins`);
        await new Promise(setImmediate);
        order.push(`${name} is done`);
      });
    }
    await releases.releaseAll();
    expect(order).toEqual(
      ['http', 'views', 'broker', 'folder'].flatMap((name) => [
        `${name} begins`,
        `${name} is done`,
      ]),
    );
  });

  it('goes on after a release that fails, and tells which it was', async () => {
    const released: string[] = [];
    const told: [string, unknown][] = [];
    const releases = new ReleaseStack((name, error) => told.push([name, error]));
    const [late, early] = [new Error('rejected'), new Error('thrown')];
    releases.add('first', () => released.push('first'));
    releases.add('second', async () => {
      throw late;
    });
    releases.add('third', () => {
      throw early;
    });
    releases.add('fourth', async () => released.push('fourth'));
    await releases.releaseAll();
    expect(released).toEqual(['fourth', 'first']);
    expect(told).toEqual([
      ['third', early],
      ['second', late],
    ]);
  });

  it('releases everything once, however often it is asked', async () => {
    let count = 0;
    const releases = new ReleaseStack(() => undefined);
    for (let i = 0; i < 5; i += 1) {
      releases.add(`${i}`, async () => {
        await new Promise(setImmediate);
        count += 1;
      });
    }
    await Promise.all([releases.releaseAll(), releases.releaseAll()]);
    await releases.releaseAll();
    expect(count).toBe(5);
  });

  it('releases also what is acquired while it releases', async () => {
    const order: string[] = [];
    const releases = new ReleaseStack(() => undefined);
    releases.add('old', () => order.push('old'));
    releases.add('new', () => {
      order.push('new');
      releases.add('newest', () => order.push('newest'));
    });
    await releases.releaseAll();
    expect(order).toEqual(['new', 'newest', 'old']);
  });

  it('with nothing to release is done at once', async () => {
    await new ReleaseStack(() => undefined).releaseAll();
  });
});
