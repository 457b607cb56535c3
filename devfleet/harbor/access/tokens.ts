import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { projectNameOf } from '../content/artifacts.ts';
import type { Harbor } from '../harbor.ts';

/** What the challenges name, and the only service that tokens are made for. */
export const SERVICE = 'harbor-registry';

const ISSUER = 'harbor-token-issuer';

/** What a token grants of one thing. */
export interface ScopedAccess {
  type: string;
  name: string;
  actions: string[];
}

interface Claims {
  iss: string;
  sub: string;
  aud: string;
  exp: number;
  nbf: number;
  iat: number;
  jti: string;
  access: ScopedAccess[];
}

/** A token, as JWT. Harbor signs by RS256; to clients it is opaque, so a secret does. */
export function makeToken(harbor: Harbor, subject: string, access: ScopedAccess[], issuedAt: number): string {
  const claims: Claims = {
    iss: ISSUER,
    sub: subject,
    aud: SERVICE,
    exp: issuedAt + harbor.config.clocks.token,
    nbf: issuedAt,
    iat: issuedAt,
    jti: randomUUID().replaceAll('-', '').slice(0, 16),
    access,
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${unsigned}.${signatureOf(harbor, unsigned)}`;
}

/** What a token says, if it is ours and holds. */
export function readToken(
  harbor: Harbor,
  token: string,
): { subject: string; issuedAt: number; rights: Map<string, string[]> } | null {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const expected = Buffer.from(signatureOf(harbor, `${header}.${payload}`));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const { sub, exp, iat, access } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  if (exp + harbor.config.clocks.tokenLeeway <= Date.now() / 1000) return null;
  // By project, not by repository: of two scopes in one project the last counts for both (src/common/security/v2token).
  const rights = new Map(access.map(({ name, actions }) => [projectNameOf(name), actions]));
  return { subject: sub, issuedAt: iat, rights };
}

function signatureOf(harbor: Harbor, unsigned: string): string {
  return createHmac('sha256', harbor.store.secret('tokens')).update(unsigned).digest('base64url');
}
