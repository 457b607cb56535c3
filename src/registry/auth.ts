import type { Challenge } from './challenge.ts';
import type { Credential, Credentials } from './credentials.ts';
import { RegistryError } from './errors.ts';

/** Life of a token that says none (distribution, spec/auth/token.md). */
const DEFAULT_LIFE_MS = 60_000;

/** How a token service is asked. */
export interface TokenRequest {
  url: URL;
  /** Value of the header `authorization`. */
  authorization: string | null;
  /** Sent by POST; without one it is a GET. */
  form: URLSearchParams | null;
}

/** @returns the JSON of the answer. @throws RegistryError */
export type AskTokens = (request: TokenRequest) => Promise<unknown>;

interface Token {
  value: string;
  lifeMs: number;
  /** In milliseconds of the clock. */
  expires: number;
}

interface Bearer {
  scheme: 'bearer';
  realm: URL;
  service: string | null;
}

/**
 * Says with which `Authorization` a registry is called. How it wants to be called it says in its first 401; from then on
 * tokens are asked for ahead, each for the scopes that calls need, once however many wait for it, and kept until shortly
 * before they end.
 */
export class Authenticator {
  readonly #registry: URL;
  readonly #credentials: Credentials;
  readonly #ask: AskTokens;
  readonly #tokens = new Map<string, Promise<Token>>();
  #way: Bearer | { scheme: 'basic' } | null = null;

  constructor(registry: URL, credentials: Credentials, ask: AskTokens) {
    this.#registry = registry;
    this.#credentials = credentials;
    this.#ask = ask;
  }

  /**
   * @param scopes such as `repository:shop/web:pull`, the most important first: some services look at no other
   * @param isLong the call takes long, and cannot be repeated: a token with less than half of its life left is renewed
   * @returns null where nothing is to be sent, as far as is known
   * @throws REGISTRY_DENIED when the token service refuses, RegistryError when it does not answer
   */
  async authorization(scopes: readonly string[], isLong: boolean): Promise<string | null> {
    const way = this.#way;
    if (way === null) return null;
    if (way.scheme === 'basic') return this.basic();
    const key = scopes.join(' ');
    const asked = this.#tokens.get(key);
    const known = await asked?.catch(() => undefined);
    if (known !== undefined) {
      const left = known.expires - Date.now();
      if (left > (isLong ? known.lifeMs / 2 : Math.min(5000, known.lifeMs / 10))) return `Bearer ${known.value}`;
      this.#forget(key, asked);
    }
    return this.#token(key, way, scopes);
  }

  /**
   * After a 401.
   * @param sent what was sent as Authorization
   * @returns what to send instead; null: nothing would be better
   */
  async challenged(
    challenges: readonly Challenge[],
    scopes: readonly string[],
    sent: string | null,
  ): Promise<string | null> {
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer !== undefined) this.#way = this.#bearer(bearer.params);
    // Harbor asks for Basic once any Authorization was refused, also where the token had only run out.
    else if (this.#way === null && challenges.some(({ scheme }) => scheme === 'basic')) this.#way = { scheme: 'basic' };
    const way = this.#way;
    if (way === null) return null;
    if (way.scheme === 'basic') {
      const header = await this.basic();
      return header === sent ? null : header;
    }
    const key = scopes.join(' ');
    const asked = this.#tokens.get(key);
    const known = await asked?.catch(() => undefined);
    // Another call may have renewed it meanwhile.
    if (known !== undefined && sent !== null && sent !== `Bearer ${known.value}`) return `Bearer ${known.value}`;
    this.#forget(key, asked);
    // What the registry says that it wants is asked for besides what we know that we need.
    const more = bearer?.params['scope']?.split(' ').filter((scope) => scope !== '' && !covers(scopes, scope)) ?? [];
    return this.#token(key, way, [...scopes, ...more]);
  }

  /** The credential itself; null where there is none with a password. */
  async basic(): Promise<string | null> {
    return basic(await this.#credential());
  }

  async #token(key: string, way: Bearer, scopes: readonly string[]): Promise<string> {
    let asked = this.#tokens.get(key);
    if (asked === undefined) {
      const asking = this.#fetch(way, scopes);
      this.#tokens.set(key, asking);
      asking.catch(() => this.#forget(key, asking));
      asked = asking;
    }
    return `Bearer ${(await asked).value}`;
  }

  /** Unless somebody else has put another one there. */
  #forget(key: string, token: Promise<Token> | undefined): void {
    if (this.#tokens.get(key) === token) this.#tokens.delete(key);
  }

  async #fetch({ realm, service }: Bearer, scopes: readonly string[]): Promise<Token> {
    const credential = await this.#credential();
    if (credential !== null && realm.protocol === 'http:' && this.#registry.protocol === 'https:') {
      const message = `${realm.href} would get our credential of ${this.#registry.host} unencrypted`;
      throw new RegistryError('REGISTRY_DENIED', message);
    }
    const begun = Date.now();
    const answer = (await this.#ask(tokenRequest(realm, service, scopes, credential))) as {
      token?: unknown;
      access_token?: unknown;
      expires_in?: unknown;
    } | null;
    const value = [answer?.token, answer?.access_token].find((one) => typeof one === 'string' && one !== '');
    if (value === undefined) throw new RegistryError('REGISTRY_DENIED', `${realm.href} answered without a token`);
    const seconds = answer?.expires_in;
    const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : DEFAULT_LIFE_MS;
    return { value: value as string, lifeMs, expires: begun + lifeMs };
  }

  #bearer({ realm = '', service }: Record<string, string>): Bearer {
    if (URL.canParse(realm)) return { scheme: 'bearer', realm: new URL(realm), service: service ?? null };
    throw new RegistryError('REGISTRY_DENIED', `${this.#registry.href} names no token service: realm "${realm}"`);
  }

  async #credential(): Promise<Credential | null> {
    return this.#credentials.find(this.#registry.host);
  }
}

function basic(credential: Credential | null): string | null {
  if (credential === null || !('username' in credential)) return null;
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
}

function tokenRequest(
  realm: URL,
  service: string | null,
  scopes: readonly string[],
  credential: Credential | null,
): TokenRequest {
  if (credential !== null && 'identityToken' in credential) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: credential.identityToken,
      client_id: 'transship',
      scope: scopes.join(' '),
      ...(service === null ? {} : { service }),
    });
    return { url: realm, authorization: null, form };
  }
  const url = new URL(realm);
  if (service !== null) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { url, authorization: basic(credential), form: null };
}

/** Is every action of a scope among what we ask for anyway? */
function covers(scopes: readonly string[], scope: string): boolean {
  const [name, actions] = split(scope);
  return scopes.some((own) => {
    const [ownName, ownActions] = split(own);
    return ownName === name && actions.every((action) => ownActions.includes(action));
  });
}

function split(scope: string): [name: string, actions: string[]] {
  const colon = scope.lastIndexOf(':');
  return [scope.slice(0, colon), scope.slice(colon + 1).split(',')];
}
