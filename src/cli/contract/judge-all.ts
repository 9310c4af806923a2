import type { CommandHost } from '#cli/command/command-host';
import { EXIT } from '#cli/command/exit-code';
import { ProgressBar } from '#cli/command/progress';
import { type ContractPlaces, readContractInput } from '#cli/contract/contract-input';
import type { ContractRegistry } from '#cli/contract/contract-registry';
import {
  checkContract,
  failedJudgement,
  type Judgement,
  publishContract,
} from '#cli/contract/judgement';

export interface JudgeOptions {
  readonly verb: 'check' | 'publish';
  readonly registry: ContractRegistry;
  readonly host: CommandHost;
  readonly signal: AbortSignal;
}

// A gate proves in a thread of its own: a few at a time keep a registry busy and leave room for others.
const CONTRACTS_AT_ONCE = 4;

/**
 * Checks or publishes every contract, in the order given. One that is refused does not stop the others; a registry that is
 * away does, because each of them would wait for it.
 * @throws the signal's reason when it aborts
 */
export async function judgeAll(
  places: readonly ContractPlaces[],
  { verb, registry, host, signal }: JudgeOptions,
): Promise<readonly Judgement[]> {
  const judgements = new Map<ContractPlaces, Judgement>();
  const left = [...places];
  const label = verb === 'check' ? 'Checking contracts' : 'Publishing contracts';
  const bar = places.length > 1 ? new ProgressBar(host.err, label, places.length) : undefined;
  const judge = verb === 'check' ? checkContract : publishContract;
  let away: Judgement | undefined;
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { name } = next;
      const judgement: Judgement =
        away === undefined
          ? await readContractInput(next, host, signal).then(
              async (input) => judge(registry, input),
              (error: unknown) => failedJudgement(name, error),
            )
          : { ...away, name, input: undefined };
      signal.throwIfAborted();
      if (judgement.exitCode === EXIT.unreachable) away = judgement;
      judgements.set(next, judgement);
      bar?.advance(1, name);
    }
  };
  await Promise.all(Array.from({ length: CONTRACTS_AT_ONCE }, lane));
  if (host.err.isTTY === true) bar?.finish(`${label}: ${places.length}`);
  return places.flatMap((one) => judgements.get(one) ?? []);
}
