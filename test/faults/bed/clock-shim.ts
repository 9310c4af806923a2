import { readFileSync } from 'node:fs';

/*
 * Loaded before a process of the registry: its wall clock is then off by as many milliseconds as the file FAULTS_CLOCK
 * says, which may change while it runs. Its monotonic clock is left alone, as it is when an administrator sets the time.
 */
const path = process.env['FAULTS_CLOCK'] ?? '';
const RealDate = Date;
const realNow = Date.now.bind(Date);
const READ_MS = 50;
let offsetMs = 0;
const read = (): void => {
  try {
    offsetMs = Number(readFileSync(path, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
};
read();
setInterval(read, READ_MS).unref();
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], self) =>
    Reflect.construct(target, args.length === 0 ? [realNow() + offsetMs] : args, self) as object,
  get: (target, name) =>
    name === 'now' ? () => realNow() + offsetMs : (Reflect.get(target, name) as unknown),
});
