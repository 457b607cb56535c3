/**
 * A URL may carry a user and a password, which HTTP clients do not send by themselves.
 * @returns the URL without them, and the header that says the same
 */
export function splitCredentials(url: string | URL): { url: URL; headers: { authorization?: string } } {
  const plain = new URL(url);
  const { username, password } = plain;
  if (username === '') return { url: plain, headers: {} };
  plain.username = '';
  plain.password = '';
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { url: plain, headers: { authorization: `Basic ${basic}` } };
}
