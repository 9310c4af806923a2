import { writeFileSync } from 'node:fs';
import { ASYNCAPI_PATH, asyncApiYaml } from '#test/support/asyncapi-document';

// Writes docs/asyncapi.yaml.
writeFileSync(ASYNCAPI_PATH, asyncApiYaml());
