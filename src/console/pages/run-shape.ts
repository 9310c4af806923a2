/** A job run as the registry shows it. */
export interface JobRun {
  readonly id: string;
  readonly origin: string;
  readonly job: string;
  readonly kind: string;
  readonly status: string;
  readonly definition?: { readonly id: string; readonly version: string };
  readonly contract?: { readonly name: string; readonly version: string };
  readonly cause?: { readonly type: string };
  readonly parent_run_id?: string;
  readonly correlation_id?: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly submitted_at: string;
  readonly started_at?: string;
  readonly last_sign_at: string;
  readonly timeout_ms?: number;
  readonly progress?: { readonly done: number; readonly total?: number; readonly message?: string };
  readonly completed_at?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly findings?: Readonly<Record<string, number>>;
  readonly message?: string;
  readonly report_uri?: string;
  readonly report_sha256?: string;
  readonly results?: { readonly uri: string; readonly sha256: string; readonly bytes: number };
  readonly actions?: readonly RunAction[];
  readonly submitted_by?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly datasets?: readonly {
    readonly as: string;
    readonly name: string;
    readonly href: string;
  }[];
  readonly lineage?: unknown;
}

/** What is done at the end of a run. */
export interface RunAction {
  readonly number: number;
  readonly profile: { readonly id: string; readonly version: string };
  readonly type?: string;
  readonly status: string;
  readonly attempts: number;
  readonly due_at?: string;
  readonly detail?: string;
}

/** Gives how long a run has taken, until its end or until now; `undefined` while it waits. */
export function durationMs({
  started_at: started,
  completed_at: completed,
}: JobRun): number | undefined {
  if (started === undefined) return undefined;
  return (completed === undefined ? Date.now() : Date.parse(completed)) - Date.parse(started);
}
