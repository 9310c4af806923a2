import { useAnswer } from '#console/api/use-answer';
import { Moment } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { hrefOf, narrow, place } from '#console/shell/place';

interface AuditPage {
  readonly entries: readonly {
    readonly position: number;
    readonly time: string;
    readonly actor: string;
    readonly decision: string;
  }[];
  readonly next_cursor?: string;
}

const ENTRIES_MAX = 200;

export interface HistoryProps {
  readonly kind: 'dataset' | 'contract' | 'job-definition';
  readonly name: string;
}

/** Everything that was decided about one thing, each step with the way to see it as it was then. */
export function History({ kind, name }: HistoryProps) {
  const query = new URLSearchParams({ kind, name, limit: String(ENTRIES_MAX) });
  const [answer, again] = useAnswer<AuditPage>(`/registry/audit?${query}`);
  const at = place.value.query.get('at');
  return (
    <Shown answer={answer} again={again}>
      {({ entries, next_cursor: next }) =>
        entries.length === 0 ? (
          <Empty title="The log holds nothing about it in this scope" />
        ) : (
          <>
            <ol class="timeline" aria-label="History">
              {entries.map(({ position, time, actor, decision }) => (
                <li key={position} aria-current={at === String(position) ? 'true' : undefined}>
                  <strong>{decision}</strong> <Moment of={time} /> by {actor}
                  <div class="row">
                    <a href={hrefOf(['log', 'registry', String(position)])}>Event {position}</a>
                    <button
                      type="button"
                      class="small"
                      onClick={() => narrow({ at: String(position), tab: undefined })}
                    >
                      Show as of {position}
                    </button>
                  </div>
                </li>
              ))}
            </ol>
            {next !== undefined && (
              <p class="quiet">The first {ENTRIES_MAX} steps. The log shows all of them.</p>
            )}
          </>
        )
      }
    </Shown>
  );
}

/** Says that a page shows the past, and leads back. */
export function PastNote() {
  const at = place.value.query.get('at');
  if (at === null) return null;
  return (
    <div class="note warn" role="status">
      <strong>As of {at}</strong>
      <button type="button" onClick={() => narrow({ at: undefined })}>
        Show it as it is now
      </button>
    </div>
  );
}
