import { hrefOf, place } from '#console/shell/place';

export interface TabsProps {
  readonly label: string;
  readonly tabs: readonly (readonly [id: string, title: string])[];
  /** What the tabs share of what narrows the page. */
  readonly keep?: readonly string[];
}

/** Gives the tab that the address names, else the first. */
export function tabOf(tabs: TabsProps['tabs']): string {
  const wanted = place.value.query.get('tab');
  return (tabs.find(([id]) => id === wanted) ?? tabs[0])?.[0] ?? '';
}

/** The parts of a page, each with an address of its own. */
export function Tabs({ label, tabs, keep = [] }: TabsProps) {
  const { segments, query } = place.value;
  const shown = tabOf(tabs);
  const kept = Object.fromEntries(keep.map((name) => [name, query.get(name) ?? undefined]));
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(([id, title], index) => (
        <a
          key={id}
          href={hrefOf(segments, { ...kept, tab: index === 0 ? undefined : id })}
          aria-current={id === shown ? 'true' : undefined}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}
