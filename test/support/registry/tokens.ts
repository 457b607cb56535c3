import type { MadeUp, Seen, TokenQuirks } from './quirks.ts';

interface Given {
  scopes: string[];
  uses: number;
  expires: number;
}

/** A token service at `/token` of the registry itself. */
export class Tokens {
  readonly quirks: TokenQuirks;
  /** Each token that was given, in order. */
  readonly given: Given[] = [];

  constructor(quirks: TokenQuirks) {
    this.quirks = quirks;
  }

  /** @returns undefined where the request may go on */
  check(seen: Seen, url: string): MadeUp | undefined {
    if (seen.path === '/token') return this.#answer(seen);
    const authorization = seen.headers['authorization'];
    const [, number] = /^Bearer token-(\d+)$/.exec(String(authorization)) ?? [];
    const token = number === undefined ? undefined : this.given[Number(number)];
    const wanted = scopeOf(seen);
    const isValid =
      token !== undefined && token.uses++ < (this.quirks.endsAfter ?? Infinity) && Date.now() < token.expires;
    if (isValid && token.scopes.some((scope) => scope === wanted || scope.startsWith(`${wanted},`))) return undefined;
    const bearer = `Bearer realm="${url}/token",service="the, \\"registry\\"",scope="${wanted}",error="insufficient_scope"`;
    const isHarbors = this.quirks.harbor === true && authorization !== undefined;
    return {
      status: 401,
      errors: [['UNAUTHORIZED', 'authentication required']],
      headers: { 'www-authenticate': isHarbors ? 'Basic realm="harbor"' : bearer },
    };
  }

  give(scopes: string[]): string {
    const seconds = this.quirks.expiresIn ?? 60;
    this.given.push({ scopes, uses: 0, expires: Date.now() + seconds * 1000 });
    return `token-${this.given.length - 1}`;
  }

  #answer({ headers, query }: Seen): MadeUp {
    const { wants, expiresIn, field = 'token' } = this.quirks;
    const basic = wants === undefined ? undefined : `Basic ${Buffer.from(wants).toString('base64')}`;
    if (basic !== undefined && headers['authorization'] !== basic) {
      return { status: 401, errors: [['UNAUTHORIZED', 'wrong password']] };
    }
    const token = this.give(query.getAll('scope').flatMap((scope) => scope.split(' ')));
    const life = expiresIn === null ? {} : { expires_in: expiresIn };
    return { status: 200, text: JSON.stringify({ [field]: token, ...life }) };
  }
}

function scopeOf({ method, path, query }: Seen): string {
  const [, repository = ''] = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(path) ?? [];
  const isRead = (method === 'GET' || method === 'HEAD') && !query.has('_state');
  return `repository:${repository}:${isRead ? 'pull' : 'pull,push'}`;
}
