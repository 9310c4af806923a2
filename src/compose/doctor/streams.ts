import { JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import { type Finding, ok, problem, problemOf, warning } from '#cli/doctor/finding';
import type { Broker } from '#clients/nats';
import type { CheckSetup } from '#compose/doctor/check';
import { API_ERRORS } from '#log/jetstream-errors';
import { inspectStream } from '#log/provision';
import { STREAMS, type StreamName } from '#log/streams';

// No stream ever comes this far, so that no append can fit.
const UNREACHED = Number.MAX_SAFE_INTEGER;

/** Looks at the streams: that they are as they should be, have a leader and their copies, and take appends. */
export async function checkStreams(setup: CheckSetup, broker: Broker): Promise<readonly Finding[]> {
  const names = Object.keys(STREAMS) as StreamName[];
  const found = await Promise.all(names.map(async (name) => streamFindings(setup, broker, name)));
  return found.flat();
}

async function streamFindings(
  { config, timeoutMs }: CheckSetup,
  broker: Broker,
  name: StreamName,
): Promise<readonly Finding[]> {
  const check = `stream ${name}`;
  try {
    const standing = await inspectStream(broker.jsm, name, { replicas: config.streamReplicas });
    if (standing === undefined)
      return [ok(check, 'it is not there; the first start makes it, or atlas-registry provision')];
    const { info, differences } = standing;
    if (differences.length > 0) {
      const todo = 'mend it with the nats command line (nats stream edit), or use another account';
      return [problem(check, differences.join('; '), todo)];
    }
    const writes = config.role === 'all' || config.role === 'writer';
    return [
      ok(check, `as it should be, ${info.state.messages} events`),
      ...copies(check, info, broker),
      ...(writes ? [await appendFinding(check, broker, { name, timeoutMs })] : []),
    ];
  } catch (error) {
    return [problemOf(check, error)];
  }
}

function copies(
  check: string,
  { config, cluster }: StreamInfo,
  { nc }: Broker,
): readonly Finding[] {
  if (nc.info?.cluster === undefined) return [];
  const copiesWanted = config.num_replicas;
  if (copiesWanted === 1)
    return [
      warning(
        check,
        'one copy, in a cluster: it is lost with the disk of one server',
        'set ATLAS_STREAM_REPLICAS=3, and nats stream edit --replicas 3',
      ),
    ];
  if (cluster?.leader === undefined)
    return [
      problem(
        check,
        'it has no leader: nothing can be written',
        'see docs/runbooks/leader-lost.md',
      ),
    ];
  const behind = (cluster.replicas ?? []).filter(({ current, offline }) => !current || offline);
  if (behind.length > 0)
    return [
      warning(
        check,
        `led by ${cluster.leader}; not in step: ${behind.map((one) => one.name).join(', ')}`,
        'see docs/runbooks/broker-lost.md',
      ),
    ];
  return [ok(check, `led by ${cluster.leader}, ${copiesWanted} copies in step`)];
}

/** Appends what the log must refuse: an event behind one that is not there. It shows rights, leader and quorum. */
async function appendFinding(
  check: string,
  { js }: Broker,
  { name, timeoutMs }: { readonly name: StreamName; readonly timeoutMs: number },
): Promise<Finding> {
  const subject = `atlas.doctor.doctor.${STREAMS[name][0]}.doctor`;
  try {
    const expect = { lastSubjectSequence: UNREACHED };
    await js.publish(subject, '', { expect, timeout: timeoutMs / 2 });
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === API_ERRORS.wrongLastSequence)
      return ok(check, 'it answers appends, and compares before it sets');
    const is = error instanceof Error ? error.message : String(error);
    const todo =
      'give this user the permissions of its role (deploy/nats), and see that a majority of servers runs';
    return problem(check, `it takes no append: ${is}`, todo);
  }
  return problem(check, 'it took an append that it must refuse', 'use nats-server 2.11 or later');
}
