import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeApi } from '../../../src/http/describe.ts';

interface Schema {
  $ref?: string;
  examples?: unknown[];
}
interface Operation {
  summary?: string;
  description?: string;
  operationId?: string;
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
const document = (await describeApi()) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
);

test('the committed OpenAPI document and types are what the routes say', { timeout: 60_000 }, async () => {
  await promisify(execFile)(process.execPath, ['scripts/openapi.ts', '--check']);
});

test('it is OpenAPI 3.1 and every reference in it is met', () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/([^"]+)/g))
    expect(document.components.schemas).toHaveProperty([name ?? '']);
});

test.each(operations)('%s is described, with examples of what goes in and out', (_name, operation) => {
  expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
  expect(operation.summary?.length).toBeGreaterThan(5);
  expect(operation.description?.length).toBeGreaterThan(20);
  expect(operation.responses).toHaveProperty('default');
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  const bodies = [operation.requestBody, ...answers.map(([, answer]) => answer)];
  for (const body of bodies) {
    const schema = body?.content?.['application/json']?.schema;
    if (schema === undefined) continue;
    const resolved = document.components.schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
    expect(resolved.examples?.length).toBeGreaterThan(0);
  }
});
