import { request } from 'undici';
import { type Finding, ok, problem, warning } from '#cli/doctor/finding';
import { quote } from '#domain/errors';

const CHECK = 'nats disk';
const SYNC_TODO =
  'set jetstream { sync_interval: always }: with less acknowledged events are lost with the power';

interface Varz {
  readonly server_name?: string;
  readonly jetstream?: { readonly config?: { readonly sync_always?: boolean } };
}

/** Looks at what only the servers themselves say: whether an acknowledged event is on disk. */
export async function checkMonitors(
  monitors: readonly string[],
  timeoutMs: number,
): Promise<readonly Finding[]> {
  if (monitors.length === 0) {
    const is = 'whether events are on disk before they are acknowledged is not seen from here';
    return [
      warning(
        CHECK,
        is,
        `${SYNC_TODO}; name the monitoring port of each server to have it checked: --nats-monitor http://host:8222`,
      ),
    ];
  }
  return await Promise.all(monitors.map(async (url) => monitorFinding(url, timeoutMs)));
}

async function monitorFinding(url: string, timeoutMs: number): Promise<Finding> {
  try {
    const options = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
    const { body } = await request(new URL('/varz', url), options);
    const { server_name: name = url, jetstream } = (await body.json()) as Varz;
    if (jetstream?.config?.sync_always === true)
      return ok(CHECK, `${name} has every event on disk before it is acknowledged`);
    return problem(CHECK, `${name} acknowledges events that are not on disk yet`, SYNC_TODO);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    return problem(
      CHECK,
      `${quote(url)} does not say: ${is}`,
      'check --nats-monitor and "http:" in the configuration of the server',
    );
  }
}
