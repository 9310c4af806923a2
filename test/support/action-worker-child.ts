import { connectBroker } from '#clients/nats';
import { openActionBed } from '#test/support/action-bed';
import { actionProfile, profilesOf } from '#test/support/ended-runs';
import { openLog } from '#test/support/nats';
import { openWorkerNode } from '#test/support/worker-bed';
import { executeAction } from '#workers/actions/execute-action';

/** What the process that is killed is to do. */
export interface ActionWorkerTask {
  readonly nats: { readonly url: string; readonly token: string };
  /** The actions of the one profile that there is. */
  readonly actions: readonly object[];
  readonly claimMarginMs: number;
}

async function main({ nats, actions, claimMarginMs }: ActionWorkerTask): Promise<void> {
  const broker = await connectBroker({ ...nats, name: 'child', connectTimeoutMs: 5_000 });
  const node = openWorkerNode(openLog(broker, { stream: 'JOBS' }));
  const profiles = profilesOf(actionProfile(actions));
  const execute = executeAction(openActionBed().parts);
  node.work({ profiles, execute, claimMarginMs });
}

await main(JSON.parse(process.argv[2] ?? '{}') as ActionWorkerTask);
