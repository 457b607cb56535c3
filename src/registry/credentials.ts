/** What a registry knows us by. */
export type Credential =
  | { username: string; password: string }
  /** Given out by a registry's login; exchanged for tokens by OAuth2, as Docker does. */
  | { identityToken: string };

/** Finds the credential of a registry. */
export interface Credentials {
  /**
   * @param host `host:port` as in the registry's URL
   * @returns null where there is none: the registry is asked without
   */
  find(host: string): Promise<Credential | null>;
}

/** The same credential for whichever registry it is asked for; null: none. */
export function staticCredentials(credential: Credential | null): Credentials {
  return { find: async () => credential };
}
