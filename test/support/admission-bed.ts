import { Admission, type AdmissionOptions } from '#cache/admission/admission';
import type { QueryClass } from '#cache/query/query';
import { FakeClock, settled } from '#test/support/fake-clock';
import { type Watched, watch } from '#test/support/watch';

/** A request that a test sent and whose work it ends. */
export interface Sent {
  readonly dataset: string;
  readonly call: Watched<string>;
  readonly controller: AbortController;
  started: boolean;
  end(error?: Error): void;
}

/** An admission on a clock of its own, and the works that it let through, in order. */
export class AdmissionBed {
  readonly clock = new FakeClock();
  readonly admission: Admission;
  readonly started: Sent[] = [];

  constructor(options: Partial<AdmissionOptions> = {}) {
    this.admission = new Admission({ clock: this.clock, ...options });
  }

  send(dataset = 'a', queryClass: QueryClass = 'heavy'): Sent {
    const controller = new AbortController();
    let ends: (error?: Error) => void = () => undefined;
    const work = (): Promise<string> =>
      new Promise((resolve, reject) => {
        sent.started = true;
        this.started.push(sent);
        ends = (error) => (error === undefined ? resolve(dataset) : reject(error));
      });
    const sent: Sent = {
      dataset,
      controller,
      started: false,
      end: (error) => ends(error),
      call: {},
    };
    const request = { class: queryClass, dataset, signal: controller.signal };
    const noted = watch(this.admission.run(request, work));
    return Object.assign(sent, { call: noted });
  }

  sendMany(count: number, dataset = 'a', queryClass: QueryClass = 'heavy'): Sent[] {
    return Array.from({ length: count }, () => this.send(dataset, queryClass));
  }

  /** Runs heavy queries that take so long, one after the other. */
  async heavy(count: number, durationMs: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const sent = this.send('a', 'heavy');
      this.clock.skip(durationMs);
      sent.end();
      await settled();
    }
  }
}
