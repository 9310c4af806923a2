import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { countText } from '#console/parts/words';

/** A row that lies somewhere: a gene on a sequence. */
export interface PlacedRow {
  readonly start: number;
  readonly end: number;
  readonly name?: string | null;
  readonly gene_id?: string;
}

const LANE_PX = 26;
const LANES_MAX = 14;
const WIDTH_FIRST = 1_000;
const NAME_WIDTH = 110;
const NAME_MAX = 15;

/** Tells whether a row says where it lies. */
export function isPlaced(row: object): row is PlacedRow {
  return (
    'start' in row && 'end' in row && typeof row.start === 'number' && typeof row.end === 'number'
  );
}

export interface RegionPictureProps {
  readonly rows: readonly PlacedRow[];
  readonly range: string;
}

/** What lies in a region, to scale. The table below says the same in words. */
export function RegionPicture({ rows, range }: RegionPictureProps) {
  const figure = useRef<HTMLElement>(null);
  const width = useWidth(figure);
  const [from, to] = boundsOf(range, rows);
  const scale = width / Math.max(1, to - from);
  const x = (at: number): number => Math.min(width, Math.max(0, (at - from) * scale));
  const lanes = lanesOf(rows, { x, width });
  const height = Math.min(LANES_MAX, Math.max(0, ...lanes) + 1) * LANE_PX;
  const hidden = lanes.filter((lane) => lane >= LANES_MAX).length;
  return (
    <figure class="region" ref={figure}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${rows.length} genes between ${countText(from)} and ${countText(to)}`}
      >
        {rows.map((row, index) => {
          const lane = lanes[index] ?? 0;
          if (lane >= LANES_MAX) return null;
          const left = x(row.start);
          const name = row.name ?? row.gene_id ?? '';
          return (
            <g key={`${row.gene_id ?? ''}${row.start}`}>
              <rect
                x={left}
                y={lane * LANE_PX + 16}
                width={Math.max(2, x(row.end) - left)}
                height={7}
                rx={2}
              >
                <title>{`${name} ${countText(row.start)} to ${countText(row.end)}`}</title>
              </rect>
              <text {...nameAt(x(row.start), x(row.end), width)} y={lane * LANE_PX + 12}>
                {name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>
        <span>{countText(from)}</span>
        {hidden > 0 && <span>{countText(hidden)} more overlap these: see the table</span>}
        <span>{countText(to)}</span>
      </figcaption>
    </figure>
  );
}

/** Puts a name over the begin of its bar; over its end, where there is no room to the right. */
function nameAt(left: number, right: number, width: number) {
  if (left <= width - NAME_WIDTH) return { x: left };
  return { x: Math.max(right, NAME_WIDTH), 'text-anchor': 'end' as const };
}

/** Follows how wide a picture is, so that its texts keep their size on every screen. */
function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(WIDTH_FIRST);
  useEffect(() => {
    const picture = box.current?.querySelector('svg');
    if (picture === null || picture === undefined) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(1, picture.clientWidth)));
    observer.observe(picture);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

function boundsOf(range: string, rows: readonly PlacedRow[]): readonly [from: number, to: number] {
  const found = /(\d+)-(\d+)$/.exec(range);
  if (found !== null) return [Number(found[1]), Number(found[2])];
  return [Math.min(...rows.map(({ start }) => start)), Math.max(...rows.map(({ end }) => end))];
}

interface Scale {
  readonly x: (at: number) => number;
  readonly width: number;
}

/** Gives each row the first lane in which it covers no other, nor its name. */
function lanesOf(rows: readonly PlacedRow[], { x, width }: Scale): readonly number[] {
  const ends: number[] = [];
  const lanes = new Map<PlacedRow, number>();
  for (const row of rows.toSorted((a, b) => a.start - b.start)) {
    const isAtEnd = x(row.start) > width - NAME_WIDTH;
    const left = isAtEnd ? Math.max(x(row.end), NAME_WIDTH) - NAME_WIDTH : x(row.start);
    const free = ends.findIndex((end) => end < left);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = Math.max(x(row.end), left + NAME_WIDTH) + 6;
    lanes.set(row, lane);
  }
  return rows.map((row) => lanes.get(row) ?? 0);
}
