/**
 * Does it again where it failed, once, and says so: what vitest's `retry` is to a test, for what a hook starts.
 * @throws what the second try throws
 */
export async function twice<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const [first = '', ...more] = String(error).split('\n');
    process.stdout.write([`second try: ${first}`, ...more].join('\n    ') + '\n');
    return start();
  }
}
