import autocannon from 'autocannon';
import { type Kind, tenantRequest } from '#bench/tenant-requests';

/*
 * Sends requests of one kind as fast as they are answered, until it is told to end; then it prints how many were let in
 * and how many were refused. Arguments: kind, address, tokens of one tenant.
 */

const [kind = 'read', url = '', ...tokens] = process.argv.slice(2);
const CONNECTIONS = 64;

let index = 0;
const options: autocannon.Options = {
  url,
  connections: CONNECTIONS,
  duration: 3_600,
  requests: [
    {
      setupRequest: (request: autocannon.Request) => {
        index += 1;
        const { method, path, body } = tenantRequest(kind as Kind);
        const headers = {
          authorization: `Bearer ${tokens[index % tokens.length] ?? ''}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        };
        return { ...request, method, path, headers, ...(body === undefined ? {} : { body }) };
      },
    },
  ],
};
const run = autocannon(options, (_error, { statusCodeStats = {} }) => {
  const counts = Object.entries(statusCodeStats).map(([status, { count = 0 }]) => [status, count]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(counts))}\n`);
  process.exit(0);
});
process.on('SIGTERM', () => run.stop());
process.stdout.write(`at ${url}\n`);
