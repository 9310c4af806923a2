import { signal } from '@preact/signals';
import type { Problem } from '#console/api/ask';
import { askPatiently } from '#console/api/ask-patiently';
import { problemFrom } from '#console/api/use-answer';

/** What the list keeps of a dataset: a hundred thousand of them have to fit into a page. */
export interface DatasetRow {
  readonly name: string;
  readonly status: string;
  readonly rows: number | null;
  readonly updatedAt: string;
}

/** What narrows the list; empty texts do not. */
export interface DatasetFilter {
  readonly status: string;
  /** A text that names hold. */
  readonly text: string;
  /** The moment that is shown: a position, or a time. */
  readonly at: string;
}

/** As much of the list as has been read. */
export interface Listed {
  /** The first of the list, in its order. Grows in place: copying it for every page would cost more than reading it. */
  readonly rows: readonly DatasetRow[];
  /** How many fit, where the registry counts them: it does not by status. */
  readonly total: number | undefined;
  readonly isWhole: boolean;
  readonly problem?: Problem;
}

interface DatasetList {
  readonly datasets: readonly {
    readonly name: string;
    readonly status: string;
    readonly row_count: number | null;
    readonly updated_at: string;
  }[];
  /** All of the scope. On the first page. */
  readonly total_count?: number;
  /** Those that hold the text. On the first page, unless a status is asked for too. */
  readonly matching_count?: number;
  readonly next_cursor?: string;
}

/** What fits on a screen, so that it comes at once. */
const FIRST_PAGE = 100;
/** What the registry gives at most for one question. */
const PAGE = 1_000;

/** The datasets that fit a filter, read page by page as far as somebody looks. */
export class DatasetPages {
  readonly shown = signal<Listed>({ rows: [], total: undefined, isWhole: false });
  readonly #rows: DatasetRow[] = [];
  readonly filter: DatasetFilter;
  readonly #ended = new AbortController();
  #cursor: string | undefined;
  #wanted = 0;
  #isLoading = false;

  constructor(filter: DatasetFilter) {
    this.filter = filter;
  }

  /** Reads on until so many rows are there, or all. Ends when the first page, or what was asked for, has come or failed. */
  async want(count: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, count);
    if (this.#isLoading || this.shown.value.problem !== undefined) return;
    this.#isLoading = true;
    try {
      while (!this.shown.value.isWhole && this.#rows.length < this.#wanted) await this.#readPage();
    } catch (error) {
      if (!this.isStopped) this.shown.value = { ...this.shown.value, problem: problemFrom(error) };
    } finally {
      this.#isLoading = false;
    }
  }

  get isStopped(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Goes on where it failed. */
  again(): void {
    const { rows, total, isWhole } = this.shown.value;
    this.shown.value = { rows, total, isWhole };
    void this.want(this.#wanted);
  }

  stop(): void {
    this.#ended.abort();
  }

  async #readPage(): Promise<void> {
    const { status, text, at } = this.filter;
    const isFirst = this.#cursor === undefined;
    const query = new URLSearchParams({ limit: String(isFirst ? FIRST_PAGE : PAGE) });
    const given = { status, text, at, cursor: this.#cursor ?? '' };
    for (const [name, value] of Object.entries(given)) if (value !== '') query.set(name, value);
    const { signal } = this.#ended;
    const page = await askPatiently<DatasetList>(`/registry/datasets?${query}`, signal);
    signal.throwIfAborted();
    for (const { name, status: own, row_count: rows, updated_at: updatedAt } of page.datasets)
      this.#rows.push({ name, status: own, rows, updatedAt });
    this.#cursor = page.next_cursor;
    const counted = text === '' ? page.total_count : page.matching_count;
    const total = status === '' ? (counted ?? this.shown.value.total) : undefined;
    this.shown.value = { rows: this.#rows, total, isWhole: this.#cursor === undefined };
  }
}
