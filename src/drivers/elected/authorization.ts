/** How we say who we are: by name and password (HTTP Basic), or by the whole value of the header. */
export type Credential = { user: string; password: string } | { header: string };

/** Value of the header `authorization`. */
export function authorizationOf(credential: Credential | undefined): string | undefined {
  if (credential === undefined) return undefined;
  if ('header' in credential) return credential.header;
  return `Basic ${Buffer.from(`${credential.user}:${credential.password}`).toString('base64')}`;
}
