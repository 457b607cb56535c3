import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Credential, Credentials } from './credentials.ts';
import { RegistryError } from './errors.ts';

/** A helper that asks somebody something would hang. */
const HELPER_TIMEOUT_MS = 10_000;

/** By this name a helper hands out an identity token (docker-credential-helpers). */
const TOKEN_USER = '<token>';

const NOT_FOUND = 'credentials not found in native keychain';

const Config = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().default(''),
});

const Found = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Credentials from Docker's `config.json`: the helper of the registry (`credHelpers`), else the store of all
 * (`credsStore`), else `auths`. The file is read each time: a login may have changed it.
 * @param path default: `$DOCKER_CONFIG/config.json`, or that of `~/.docker`
 * @throws CREDENTIALS_UNREADABLE by `find`, where the file or what a helper says cannot be understood
 */
export function dockerCredentials(path = defaultPath()): Credentials {
  return {
    find: async (host) => {
      const config = await readConfig(path);
      if (config === null) return null;
      const own = Object.entries(config.credHelpers).find(([key]) => hostOf(key) === host);
      const helper = own?.[1] ?? config.credsStore;
      if (helper !== '') {
        const found = await askHelper(helper, own?.[0] ?? host);
        if (found !== null || own !== undefined) return found;
      }
      const entry = Object.entries(config.auths).find(([key]) => hostOf(key) === host)?.[1];
      if (entry === undefined) return null;
      if (entry.identitytoken) return { identityToken: entry.identitytoken };
      if (entry.auth) return decoded(entry.auth, path, host);
      return entry.username === undefined ? null : { username: entry.username, password: entry.password ?? '' };
    },
  };
}

function defaultPath(): string {
  return join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
}

async function readConfig(path: string): Promise<z.infer<typeof Config> | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw unreadable(`${path}: ${(error as Error).message}`, error);
  }
  try {
    return Config.parse(JSON.parse(text));
  } catch (error) {
    // The parser's message would quote the file.
    const where = error instanceof z.ZodError ? error.issues.map(({ path: at }) => at.join('.')).join(', ') : 'no JSON';
    throw unreadable(`${path}: not a Docker configuration (${where})`);
  }
}

/** Keys are hosts; older ones are URLs such as `https://index.docker.io/v1/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function decoded(auth: string, path: string, host: string): Credential {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw unreadable(`${path}: "auth" of ${host} is not base64 of user:password`);
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Runs `docker-credential-NAME get`, which reads the server from its input. */
async function askHelper(name: string, server: string): Promise<Credential | null> {
  const program = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name)) throw unreadable(`"${name}" is no name of a credential helper`);
  const running = promisify(execFile)(program, ['get'], { timeout: HELPER_TIMEOUT_MS, killSignal: 'SIGKILL' });
  running.child.stdin?.on('error', () => undefined); // it may end without reading
  running.child.stdin?.end(server);
  try {
    const { Username, Secret } = Found.parse(JSON.parse((await running).stdout));
    return Username === TOKEN_USER ? { identityToken: Secret } : { username: Username, password: Secret };
  } catch (error) {
    const { stdout = '', code, killed } = error as { stdout?: string; code?: unknown; killed?: boolean };
    if (stdout.includes(NOT_FOUND)) return null;
    // Neither its output nor the parser's message: a secret may be in them.
    const why = killed === true ? `no answer within ${HELPER_TIMEOUT_MS / 1000} s` : `it failed (${String(code)})`;
    throw unreadable(`${program} get, for ${server}: ${code === undefined ? 'its answer is not understood' : why}`);
  }
}

function unreadable(message: string, cause?: unknown): RegistryError {
  return new RegistryError('CREDENTIALS_UNREADABLE', message, { cause });
}
