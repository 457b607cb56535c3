import { expect, test } from 'vitest';
import { parseChallenges } from '../../../src/registry/challenge.ts';

const bearer = { realm: 'https://auth.example/token', service: 'registry', scope: 'repository:shop/web:pull,push' };

test.each([
  [
    'commas within quotes',
    'Bearer realm="https://auth.example/token",service="registry",scope="repository:shop/web:pull,push"',
    [{ scheme: 'bearer', params: bearer }],
  ],
  [
    'blanks around, names and scheme in any case',
    'BEARER Realm = "https://auth.example/token" , SERVICE=registry,  scope="repository:shop/web:pull,push"',
    [{ scheme: 'bearer', params: bearer }],
  ],
  [
    'two challenges in one header',
    'Basic realm="here", Bearer realm="there",service=x',
    [
      { scheme: 'basic', params: { realm: 'here' } },
      { scheme: 'bearer', params: { realm: 'there', service: 'x' } },
    ],
  ],
  [
    'two headers',
    ['Negotiate', 'Basic realm="a \\"quoted\\" one"'],
    [
      { scheme: 'negotiate', params: {} },
      { scheme: 'basic', params: { realm: 'a "quoted" one' } },
    ],
  ],
  [
    'several scopes',
    'Bearer realm="r",scope="a:b:pull c:d:pull"',
    [{ scheme: 'bearer', params: { realm: 'r', scope: 'a:b:pull c:d:pull' } }],
  ],
  ['an empty value', 'Basic realm=""', [{ scheme: 'basic', params: { realm: '' } }]],
  ['nothing', undefined, []],
  ['nonsense', '"="', []],
])('%s', (_what, header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});
