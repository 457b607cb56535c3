import type { z } from 'zod';
import { invalidJson, type FieldErrors } from '../errors.ts';
import { appSchema, updateSchema, type RawApp, type RawUpdate } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** @throws Refusal 422 `Invalid JSON` */
export function readApp(value: unknown): RawApp {
  return read(appSchema, value);
}

/** @throws Refusal 422 `Invalid JSON` */
export function readUpdate(value: unknown): RawUpdate {
  return read(updateSchema, value);
}

/** A list of either. @throws Refusal 422 `Invalid JSON` */
export function readList<T>(value: unknown, one: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw invalidJson([{ path: '', errors: ['error.expected.jsarray'] }]);
  return value.map(one);
}

function read<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = new Map<string, Set<string>>();
  for (const { path, error } of flat(result.error.issues, [], value)) {
    details.set(path, (details.get(path) ?? new Set()).add(error));
  }
  throw invalidJson([...details].map(([path, errors]): FieldErrors => ({ path, errors: [...errors] })));
}

function flat(issues: Issue[], above: PropertyKey[], value: unknown): { path: string; error: string }[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    // Of alternatives, Play tells what is wrong with the last.
    if (issue.code === 'invalid_union') return flat(issue.errors.at(-1) ?? [], path, value);
    return [{ path: render(path), error: errorOf(issue, at(value, path)) }];
  });
}

/** In the words of Play's JSON reader, which is what Marathon's clients see. */
function errorOf(issue: Issue, value: unknown): string {
  if (value === undefined) return 'error.path.missing';
  const missingNumber = issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int');
  if (missingNumber) return typeof value === 'number' ? 'error.expected.int' : 'error.expected.jsnumber';
  switch (issue.code) {
    case 'invalid_type':
      return `error.expected.js${issue.expected === 'record' ? 'object' : issue.expected}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'error.minLength' : 'error.min';
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array' ? 'error.maxLength' : 'error.max';
    case 'invalid_format':
      return issue.format === 'datetime' ? 'error.expected.date.isoformat' : 'error.pattern';
    default:
      return 'error.unknown.enum.literal';
  }
}

function at(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/** `/constraints(0)(1)`: how Play, and Marathon's validators, write paths. */
function render(path: PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `(${key})` : `/${String(key)}`)).join('');
}
