#!/usr/bin/env node
import { buildProgram } from '#cli/program';
import { startRegistry } from '#compose/start-registry';
import { packageInfo } from '#ops/package-root';

const { root, version } = packageInfo();
await buildProgram({ root, version, startRegistry }).parseAsync();
