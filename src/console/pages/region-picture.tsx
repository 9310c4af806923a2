import { countText } from '#console/parts/words';

/** A row that lies somewhere: a gene on a sequence. */
export interface PlacedRow {
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly gene_id?: string;
}

const LANE_PX = 26;
const LANES_MAX = 14;
const WIDTH = 1_000;
const NAME_WIDTH = 90;

/** Tells whether a row says where it lies. */
export function isPlaced(row: object): row is PlacedRow {
  return (
    'start' in row && 'end' in row && typeof row.start === 'number' && typeof row.end === 'number'
  );
}

/** What lies in a region, to scale. The table below says the same in words. */
export function RegionPicture({
  rows,
  range,
}: {
  readonly rows: readonly PlacedRow[];
  readonly range: string;
}) {
  const [from, to] = boundsOf(range, rows);
  const scale = WIDTH / Math.max(1, to - from);
  const x = (at: number): number => Math.min(WIDTH, Math.max(0, (at - from) * scale));
  const lanes = lanesOf(rows, x);
  const height = (Math.min(LANES_MAX, Math.max(0, ...lanes) + 1) + 1) * LANE_PX;
  return (
    <figure class="region">
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={`${rows.length} genes between ${countText(from)} and ${countText(to)}`}
      >
        {rows.map((row, index) => {
          const lane = lanes[index] ?? 0;
          if (lane >= LANES_MAX) return null;
          const left = x(row.start);
          return (
            <g key={`${row.gene_id ?? ''}${row.start}`}>
              <rect
                x={left}
                y={lane * LANE_PX + 16}
                width={Math.max(2, x(row.end) - left)}
                height={7}
                rx={2}
              >
                <title>{`${row.name ?? row.gene_id ?? ''} ${countText(row.start)} to ${countText(row.end)}`}</title>
              </rect>
              <text x={Math.min(left, WIDTH - NAME_WIDTH)} y={lane * LANE_PX + 12}>
                {row.name ?? row.gene_id ?? ''}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>
        <span>{countText(from)}</span>
        <span>{countText(to)}</span>
      </figcaption>
    </figure>
  );
}

function boundsOf(range: string, rows: readonly PlacedRow[]): readonly [from: number, to: number] {
  const found = /(\d+)-(\d+)$/.exec(range);
  if (found !== null) return [Number(found[1]), Number(found[2])];
  return [Math.min(...rows.map(({ start }) => start)), Math.max(...rows.map(({ end }) => end))];
}

/** Gives each row the first lane in which it covers no other, nor its name. */
function lanesOf(rows: readonly PlacedRow[], x: (at: number) => number): readonly number[] {
  const ends: number[] = [];
  const lanes = new Map<PlacedRow, number>();
  for (const row of rows.toSorted((a, b) => a.start - b.start)) {
    const left = Math.min(x(row.start), WIDTH - NAME_WIDTH);
    const free = ends.findIndex((end) => end < left);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = Math.max(x(row.end), left + NAME_WIDTH) + 6;
    lanes.set(row, lane);
  }
  return rows.map((row) => lanes.get(row) ?? 0);
}
