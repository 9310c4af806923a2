import { useAnswer } from '#console/api/use-answer';
import { type Change, contractPath } from '#console/pages/contract-shape';
import { Badge, Moment } from '#console/parts/bits';
import { Download } from '#console/parts/download';
import { Shown } from '#console/parts/notes';
import { hrefOf, place } from '#console/shell/place';

interface Changelog {
  readonly versions: readonly {
    readonly version: string;
    readonly level: string;
    readonly publishedAt: string;
    readonly publisher?: string;
    readonly description?: string;
    readonly changes: readonly Change[];
    readonly changesOmitted: number;
  }[];
}

/** What each version has changed, the newest first. */
export function ContractChangelog({ name }: { readonly name: string }) {
  const at = place.value.query.get('at');
  const [answer, again] = useAnswer<Changelog>(contractPath([name, 'changelog'], at));
  return (
    <Shown answer={answer} again={again}>
      {({ versions }) => (
        <>
          <Download
            path={`${contractPath([name, 'changelog'], at)}${at === null ? '?' : '&'}format=markdown`}
            name={`${name}.md`}
          >
            As Markdown
          </Download>
          {versions.map(({ version, level, publishedAt, publisher, changes, changesOmitted }) => (
            <section key={version} aria-label={version}>
              <h2>
                <a href={hrefOf(['contracts', name, version])}>{version}</a> <Badge of={level} />
              </h2>
              <p class="quiet">
                <Moment of={publishedAt} /> by {publisher ?? 'unknown'}
              </p>
              <ul>
                {changes.map((change) => (
                  <li key={`${change.rule} ${change.message}`}>
                    {change.isBreaking && <strong class="bad">Breaking: </strong>}
                    {change.message}
                  </li>
                ))}
                {changesOmitted > 0 && <li class="quiet">and {changesOmitted} more</li>}
                {changes.length === 0 && <li class="quiet">no change of what it takes</li>}
              </ul>
            </section>
          ))}
        </>
      )}
    </Shown>
  );
}
