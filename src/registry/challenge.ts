/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  scheme: string;
  /** Names in lower case. */
  params: Record<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAM = new RegExp(`\\s*,?\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`, 'y');
const SCHEME = new RegExp(`\\s*,?\\s*(${TOKEN})(?=\\s|,|$)`, 'y');

/**
 * Challenges of an answer 401, in order. Commas stand between challenges, between parameters, and within quoted values
 * such as `scope="repository:a/b:pull,push"`; what cannot be understood ends the reading of its header.
 */
export function parseChallenges(header: string | string[] | undefined): Challenge[] {
  const found: Challenge[] = [];
  for (const text of [header ?? []].flat()) {
    let at = 0;
    while (at < text.length) {
      PARAM.lastIndex = at;
      const param = PARAM.exec(text);
      const current = found.at(-1);
      if (param !== null && current !== undefined) {
        const [whole, name = '', quoted, bare = ''] = param;
        current.params[name.toLowerCase()] = quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1');
        at += whole.length;
        continue;
      }
      SCHEME.lastIndex = at;
      const scheme = SCHEME.exec(text);
      if (scheme === null) break;
      found.push({ scheme: (scheme[1] ?? '').toLowerCase(), params: {} });
      at += scheme[0].length;
    }
  }
  return found;
}
