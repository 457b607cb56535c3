import { mkdir, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../test/replay/histories/', import.meta.url));
const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes a history into test/replay/histories, without what tells on which machine it was recorded.
 * @param name of the path, and the type of the workflow: `success.releaseGroup`
 * @throws Error where some of that is left
 */
export async function writeHistory(name: string, history: unknown): Promise<void> {
  const text = JSON.stringify(history, (key, value: unknown) => {
    if (key === 'stackTrace') return undefined;
    // A worker calls itself, and its sticky queue, <pid>@<host>.
    return typeof value === 'string' ? value.replaceAll(`@${hostname()}`, '@worker') : value;
  });
  const readable = JSON.stringify(JSON.parse(text), (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
  for (const trace of [PROJECT, tmpdir(), `@${hostname()}`])
    if (readable.includes(trace)) throw new Error(`${name} holds "${trace}"`);
  const file = path.join(FOLDER, `${name.replaceAll(' ', '-')}.json`);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(file, `${text}\n`);
  process.stderr.write(`${path.relative(PROJECT, file)}: ${Math.round(text.length / 1024)} KB\n`);
}
