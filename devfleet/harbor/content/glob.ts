/**
 * Does the text match a pattern of the kind that rules are written in (bmatcuk/doublestar)? `*` and `?` stop at slashes, `**` as a whole
 * part goes over them, `{a,b}` and `[a-z]` choose. The empty pattern matches everything.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  return pattern === '' || new RegExp(`^${translate(pattern)}$`).test(text);
}

function translate(pattern: string): string {
  let out = '';
  let alternatives = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    const rest = pattern.slice(at);
    const atStart = at === 0 || pattern[at - 1] === '/';
    const [choice, members] = /^\[([^\]]+)\]/.exec(rest) ?? [];
    if (atStart && rest.startsWith('**/')) {
      out += '(?:[^/]+/)*';
      at += 2;
    } else if (atStart && rest === '**') {
      out += '.*';
      at += 1;
    } else if (choice !== undefined && members !== undefined) {
      out += `[${members.replace(/^[!^]/, '^').replaceAll('\\', '\\\\')}]`;
      at += choice.length - 1;
    } else if (char === '*') out += '[^/]*';
    else if (char === '?') out += '[^/]';
    else if (char === '{') {
      alternatives++;
      out += '(?:';
    } else if (char === '}' && alternatives > 0) {
      alternatives--;
      out += ')';
    } else if (char === ',' && alternatives > 0) out += '|';
    else out += char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  }
  return out + ')'.repeat(alternatives);
}
