import type { Exhibit } from '#test/faults/museum/exhibit';
import { PROJECTING_EXHIBITS } from '#test/faults/museum/projecting-exhibits';
import { READING_EXHIBITS } from '#test/faults/museum/reading-exhibits';
import { STORING_EXHIBITS } from '#test/faults/museum/storing-exhibits';
import { WRITING_EXHIBITS } from '#test/faults/museum/writing-exhibits';

/** The faults that the harness must find. Each is one that a registry, or something it is built on, has had. */
export const EXHIBITS: readonly Exhibit[] = [
  ...WRITING_EXHIBITS,
  ...PROJECTING_EXHIBITS,
  ...READING_EXHIBITS,
  ...STORING_EXHIBITS,
];
