import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { query } from '#test/support/postgres';

/** Makes an empty database on the server that all tests share, and gives its URL. */
export async function freshDatabase(server: string = inject('postgresUrl')): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  return server.replace(/\/postgres$/, `/${name}`);
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}
