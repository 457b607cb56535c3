import type { z } from 'zod';
import { type Fault, Part, type Path } from './fault.ts';
import { nearest, suggest } from './near.ts';

/** The parts of a JSON Schema that faults and the configuration reference are worded from. */
export interface FieldSchema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  required?: string[];
  properties?: Record<string, FieldSchema>;
  items?: FieldSchema;
  additionalProperties?: boolean | FieldSchema;
  /** Variants, told apart by the one value that a property of theirs may have. */
  oneOf?: FieldSchema[];
}

/** Says what a schema found wrong in the field's words: unknown keys with the key meant, missing ones with what they are for. */
export function faultsOf(error: z.ZodError, schema: FieldSchema, input: unknown): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey([...path, key], key, schema, input));
    return [{ path, ...wording(issue, valueAt(input, path), fieldAt(schema, path, input)) }];
  });
}

function unknownKey(path: Path, key: string, schema: FieldSchema, input: unknown): Fault {
  const known = Object.keys(fieldAt(schema, path.slice(0, -1), input)?.properties ?? {});
  const near = nearest(key, known);
  return {
    path,
    message: 'is not a known key',
    hint: near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`,
  };
}

function wording(issue: z.core.$ZodIssue, value: unknown, field: FieldSchema | undefined): Omit<Fault, 'path'> {
  switch (issue.code) {
    case 'invalid_type': {
      if (value === null)
        return { message: `must be ${kind(issue.expected)}, not empty`, hint: 'fill it, or leave it out' };
      if (value !== undefined) return { message: `must be ${kind(issue.expected)}, not ${kindOf(value)}` };
      const hint = field?.description;
      const wanted = kind(field?.type === 'integer' ? 'int' : issue.expected);
      return { message: `is missing: ${wanted}`, ...(hint === undefined ? {} : { hint }) };
    }
    case 'invalid_value': {
      const allowed = issue.values.map((one) => JSON.stringify(one));
      if (value === undefined) return { message: `is missing: ${allowed.join(' or ')}` };
      const message = `must be ${allowed.join(' or ')}`;
      return typeof value === 'string' && allowed.length > 1
        ? { message, hint: suggest(value, issue.values.map(String)) }
        : { message };
    }
    case 'invalid_union': {
      // Variants by a property: `kind` says none that there is.
      const allowed = (field?.oneOf ?? []).flatMap((variant) => constsOf(variant));
      if (value === undefined)
        return { message: `is missing: ${allowed.map((one) => JSON.stringify(one)).join(' or ')}` };
      const message = `must be ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`;
      return typeof value === 'string' ? { message, hint: suggest(value, allowed.map(String)) } : { message };
    }
    case 'too_small':
      return { message: bound(issue.origin, 'at least', Number(issue.minimum), issue.inclusive ?? true) };
    case 'too_big':
      return { message: bound(issue.origin, 'at most', Number(issue.maximum), issue.inclusive ?? true) };
    default:
      return { message: issue.message };
  }
}

function bound(origin: string, least: 'at least' | 'at most', limit: number, inclusive: boolean): string {
  if (origin === 'array') return `needs ${least} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string') return `needs ${least} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (!inclusive) return `must be ${least === 'at least' ? 'more' : 'less'} than ${limit}`;
  return `must be ${least} ${limit}`;
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

const kind = (expected: string): string => KINDS[expected] ?? expected;

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return kind(typeof value);
}

function valueAt(input: unknown, path: Path): unknown {
  let part = new Part(input);
  for (const segment of path) {
    part = typeof segment === 'number' ? (part.items()[segment] ?? new Part(undefined)) : part.get(segment);
  }
  return part.value;
}

function fieldAt(schema: FieldSchema, path: Path, input: unknown): FieldSchema | undefined {
  let field: FieldSchema | undefined = schema;
  let part = new Part(input);
  for (const segment of path) {
    if (typeof segment === 'number') {
      field = field?.items;
      part = part.items()[segment] ?? new Part(undefined);
      continue;
    }
    const variant = field === undefined ? undefined : variantOf(field, part);
    // The property that tells variants apart, where it tells nothing: what it may be is in all of them.
    if (variant === undefined && field?.oneOf !== undefined) return field;
    field =
      variant?.properties?.[segment] ??
      (typeof variant?.additionalProperties === 'object' ? variant.additionalProperties : undefined);
    part = part.get(segment);
  }
  return field === undefined ? undefined : (variantOf(field, part) ?? field);
}

/** The field itself, or the one of its variants that the value is meant to be. */
function variantOf(field: FieldSchema, part: Part): FieldSchema | undefined {
  if (field.oneOf === undefined) return field;
  return field.oneOf.find(({ properties = {} }) =>
    Object.entries(properties).some(([key, { const: only }]) => only !== undefined && part.get(key).value === only),
  );
}

function constsOf({ properties = {} }: FieldSchema): unknown[] {
  return Object.values(properties).flatMap(({ const: only }) => (only === undefined ? [] : [only]));
}
