import { writeFileSync } from 'node:fs';
import {
  ALL_OPERATIONS,
  type ApiDocument,
  CLIENT_TYPES_PATH,
  clientTypes,
} from '#test/support/client-types';
import { startTestRegistry } from '#test/support/registry';

// Writes src/api-client/operations.ts from what a registry of this version says of itself.
await using registry = await startTestRegistry(ALL_OPERATIONS);
const document = (await (await fetch(`${registry.api.url}/openapi.json`)).json()) as ApiDocument;
writeFileSync(CLIENT_TYPES_PATH, clientTypes(document));
