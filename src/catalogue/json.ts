/**
 * Text as PostgreSQL can store it: no NUL, no half of a surrogate pair. Both come with what containers print, and
 * would make a write fail for ever.
 */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** JSON text of a JSON value for a jsonb column. The pg client would turn an array into an array of PostgreSQL. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part));
}
