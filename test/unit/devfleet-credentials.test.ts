import { expect, test } from 'vitest';
import { splitCredentials } from '../../devfleet/credentials.ts';

test('what a URL says of user and password goes into the header, and out of the URL', () => {
  const { url, headers } = splitCredentials('http://robot%24shop%2Bci:p%3Aw@registry:5000/v2/');
  expect(url.href).toBe('http://registry:5000/v2/');
  expect(headers).toEqual({ authorization: `Basic ${Buffer.from('robot$shop+ci:p:w').toString('base64')}` });
  expect(splitCredentials('http://registry:5000/').headers).toEqual({});
});
