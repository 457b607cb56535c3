import { expect, test } from 'vitest';
import { TransshipError } from '../../../src/domain/errors.ts';
import { isLoopback, listenAddress } from '../../../src/http/loopback.ts';
import { uiLink } from '../../../src/http/temporal/link.ts';

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['127.9.9.9:0', { host: '127.9.9.9', port: 0 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
])('listens on %s without authentication', (listen, address) => {
  expect(listenAddress(listen, { authenticated: false })).toEqual(address);
});

test.each([
  '0.0.0.0:8080',
  '[::]:8080',
  '10.1.2.3:80',
  'api.example:80',
  '127.0.0.1.evil.example:80',
  '8080',
  '127.0.0.1:99999',
  '',
])('refuses %j without authentication', (listen) => {
  const error = (() => {
    try {
      return listenAddress(listen, { authenticated: false });
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(TransshipError);
  expect(error).toMatchObject({ code: 'FLEET_INVALID', places: [{ path: 'api.listen' }] });
});

test('listens anywhere once callers are authenticated', () => {
  expect(listenAddress('0.0.0.0:443', { authenticated: true })).toEqual({ host: '0.0.0.0', port: 443 });
});

test.each([
  ['127.0.0.1', true],
  ['LOCALHOST', true],
  ['[::1]', true],
  ['128.0.0.1', false],
  ['', false],
  ['localhost.evil.example', false],
])('%j is loopback: %s', (host, loopback) => expect(isLoopback(host)).toBe(loopback));

test('the Temporal UI is linked by workflow id', () => {
  expect(uiLink('http://ui:8233/', 'transship', 'group/fat/shop/web')).toBe(
    'http://ui:8233/namespaces/transship/workflows/group%2Ffat%2Fshop%2Fweb',
  );
  expect(uiLink(undefined, 'transship', 'x')).toBeNull();
});
