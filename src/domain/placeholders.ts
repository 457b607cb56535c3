/** What texts of the fleet file may say about an instance: `{name}` → what stands there. */
export const PLACEHOLDERS = {
  app: 'the app',
  group: 'the group',
  env: 'the environment',
  idc: 'the IDC',
  az: 'the AZ',
  cluster: 'the cluster',
  member: 'the place of the instance, on Kubernetes the name of its pod, e.g. `shop-web-az-1-0`',
  ordinal: 'the number at the end of `{member}`',
  address: 'the address of the instance',
} as const;

export type Placeholder = keyof typeof PLACEHOLDERS;

/** What is known of one instance. Its address is missing until it has one. */
export type PlaceholderValues = Record<Exclude<Placeholder, 'address'>, string> & { address: string | null };

const BRACES = /\{([^{}]*)\}/g;

/** Words in braces that no instance is described by, in the order of the text. */
export function unknownPlaceholders(text: string): string[] {
  return [...text.matchAll(BRACES)].flatMap(([, word = '']) => (Object.hasOwn(PLACEHOLDERS, word) ? [] : [word]));
}

/**
 * The text about one instance.
 * @param written how a value is written where it stands, e.g. encoded for a URL
 * @returns null where a value is asked for that is not known yet
 */
export function fillPlaceholders(
  text: string,
  values: PlaceholderValues,
  written: (value: string) => string = (value) => value,
): string | null {
  const valueOf = (word: string): string | null | undefined =>
    Object.hasOwn(PLACEHOLDERS, word) ? values[word as Placeholder] : undefined;
  if ([...text.matchAll(BRACES)].some(([, word = '']) => valueOf(word) === null)) return null;
  return text.replace(BRACES, (whole, word: string) => {
    const value = valueOf(word) ?? undefined;
    return value === undefined ? whole : written(value);
  });
}
