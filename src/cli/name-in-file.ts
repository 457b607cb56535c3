/**
 * The name of what a file describes, for the path of a request; the API reads the file itself, and says what is wrong with it.
 * @param key under which the name stands
 */
export function nameInFile(text: string, key: string): string {
  return (
    new RegExp(`^["']?${key}["']?\\s*:\\s*["']?([a-z][-a-z0-9]*)`, 'm').exec(text)?.[1] ??
    new RegExp(`"${key}"\\s*:\\s*"([a-z][-a-z0-9]*)"`).exec(text)?.[1] ??
    'unnamed'
  );
}
