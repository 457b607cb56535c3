import { Refusal } from '../refusal.ts';

/** What `q=` asks of one field (src/lib/q/builder.go). */
export type Wanted =
  | { kind: 'exact'; value: string }
  | { kind: 'fuzzy'; value: string }
  | { kind: 'range'; min: string; max: string }
  | { kind: 'any' | 'all'; values: string[] };

/**
 * Reads `q=k=v,k=~v,k=[min~max],k={v1 v2},k=(v1 v2)`.
 * @returns by name of the field, in snake case. @throws Refusal BAD_REQUEST
 */
export function readQuery(text: string): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  if (text === '') return wanted;
  for (const part of text.split(',')) {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(part) ?? [];
    if (key === undefined || value === undefined)
      throw new Refusal('BAD_REQUEST', 'the query string must contain "=" and the key/value cannot be empty');
    wanted.set(snakeCase(key), readValue(value));
  }
  return wanted;
}

function readValue(value: string): Wanted {
  if (value.startsWith('~') && value.length > 1) return { kind: 'fuzzy', value: value.slice(1) };
  const [, min, max] = /^\[([^~]*)~([^~]*)\]$/.exec(value) ?? [];
  if (min !== undefined && max !== undefined && min.trim() + max.trim() !== '')
    return { kind: 'range', min: min.trim(), max: max.trim() };
  const list = /^\{(.*)\}$/.exec(value)?.[1] ?? /^\((.*)\)$/.exec(value)?.[1];
  if (list !== undefined) {
    const values = list.split(' ').flatMap((one) => (one === '' ? [] : one.replaceAll(/^["']+|["']+$/g, '')));
    return { kind: value.startsWith('{') ? 'any' : 'all', values };
  }
  if (/^[~[{(]/.test(value)) throw new Refusal('BAD_REQUEST', `invalid query string value: ${value}`);
  return { kind: 'exact', value: value.startsWith('\\') ? value.slice(1) : value };
}

/** Does the value of a field fit? Lists of "all" are the business of those who know what they mean: here they let everything pass. */
export function fits(wanted: Wanted, value: string | number): boolean {
  const text = String(value);
  switch (wanted.kind) {
    case 'exact':
      return text === wanted.value;
    case 'fuzzy':
      return text.toLowerCase().includes(wanted.value.toLowerCase());
    case 'range': {
      const [min, max] = [wanted.min, wanted.max].map((bound) => comparable(bound, value));
      return (wanted.min === '' || value >= (min ?? '')) && (wanted.max === '' || value <= (max ?? ''));
    }
    case 'any':
      return wanted.values.includes(text);
    case 'all':
      return true;
  }
}

/** A bound in the type of what it bounds. */
function comparable(bound: string, value: string | number): string | number {
  return typeof value === 'number' ? Number(bound) : bound;
}

export function snakeCase(key: string): string {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
