// Writes the OpenAPI document of the REST API and the types that the CLI's client is built on.
//   npm run openapi             writes src/http/openapi.json and src/http/openapi.d.ts
//   npm run openapi -- --check  writes nothing; fails when they differ from the routes
import { readFile, writeFile } from 'node:fs/promises';
import openapiTypes, { astToString } from 'openapi-typescript';
import { describeApi } from '../src/http/describe.ts';

const JSON_FILE = new URL('../src/http/openapi.json', import.meta.url);
const TYPES_FILE = new URL('../src/http/openapi.d.ts', import.meta.url);

const document = await describeApi();
const types = astToString(await openapiTypes(document as never, { alphabetize: true }));
const files = [
  { file: JSON_FILE, text: `${JSON.stringify(document, null, 2)}\n` },
  { file: TYPES_FILE, text: `// Written by "npm run openapi" from openapi.json.\n\n${types}` },
];

const check = process.argv.includes('--check');
for (const { file, text } of files) {
  const now = await readFile(file, 'utf8').catch(() => '');
  if (now === text) continue;
  if (check) {
    process.stderr.write(`${file.pathname} is not what the routes say: run "npm run openapi" and commit it\n`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    process.stdout.write(`wrote ${file.pathname}\n`);
  }
}
