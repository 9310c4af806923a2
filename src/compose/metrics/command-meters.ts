import type { OnCommand } from '#commands/ended-command';
import type { Clock } from '#flow/clock';
import type { AppendOutcome, EventLog } from '#log/event-log';
import { logWith } from '#log/log-with';
import type { Meters } from '#ops/metrics/meters';

/** Counts what commands come to. */
export function commandMeter(meters: Meters): OnCommand {
  return ({ kind, outcome, attempts, conflicts, durationMs }) => {
    meters.add('atlas_commands_total', 1, kind, outcome);
    meters.add('atlas_command_attempts_total', attempts, kind);
    meters.add('atlas_command_conflicts_total', conflicts, kind);
    meters.observe('atlas_command_duration_seconds', durationMs / 1_000, kind);
  };
}

/** Gives a log whose appends are timed. */
export function meteredLog(log: EventLog, meters: Meters, clock: Clock): EventLog {
  return logWith(log, {
    append: async (...args) => {
      const begun = clock.monotonicMs();
      let outcome: AppendOutcome['kind'] | 'refused' = 'refused';
      try {
        const answer = await log.append(...args);
        outcome = answer.kind;
        return answer;
      } finally {
        const seconds = (clock.monotonicMs() - begun) / 1_000;
        meters.observe('atlas_append_duration_seconds', seconds, log.name, outcome);
      }
    },
  });
}
