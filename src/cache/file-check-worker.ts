import { setPriority } from 'node:os';
import { checkFileNow } from '#cache/file-check';
import { serveWork } from '#flow/serve-work';

const NICENESS = 10;

// Requests come first. Linux alone gives threads a priority of their own; elsewhere it would be that of the process.
if (process.platform === 'linux') setPriority(NICENESS);

// The program of the thread that reads cached files when somebody asks for it.
serveWork(checkFileNow);
