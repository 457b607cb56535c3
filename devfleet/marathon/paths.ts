const SEGMENT = String.raw`^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$`;
const RESERVED = ['restart', 'tasks', 'versions', '.', '..'];

/** `web/`, `/web` or `../web` below `base` as an absolute path; `/` is the root (state/PathId.scala). */
export function absolutePath(path: string, base = '/'): string {
  const parts = path.startsWith('/') ? [] : segments(base);
  for (const part of segments(path)) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

export function parentOf(path: string): string {
  return `/${segments(path).slice(0, -1).join('/')}`;
}

/** All groups that a path lies in, the nearest first, the root last. */
export function ancestorsOf(path: string): string[] {
  const parts = segments(path);
  return parts.map((_, index) => `/${parts.slice(0, parts.length - 1 - index).join('/')}`);
}

export function isWithin(path: string, group: string): boolean {
  return group === '/' || path === group || path.startsWith(`${group}/`);
}

/** In task ids: `/a/b` is `a_b`. */
export function safePath(path: string): string {
  return segments(path).join('_');
}

/** In Mesos's task names: `/a/b` is `b.a`. */
export function hostnameOf(path: string): string {
  return segments(path).reverse().join('.');
}

/** What is wrong with an app's id, in the words of PathId's validators. */
export function pathProblems(path: string): string[] {
  const parts = segments(path);
  const problems: string[] = [];
  if (!parts.every((part) => new RegExp(`^(?:${SEGMENT})$`).test(part))) {
    problems.push(`must fully match regular expression '${SEGMENT}'`);
  }
  if (RESERVED.includes(parts.at(-1) ?? '')) {
    problems.push(`must not end with any of the following reserved keywords: ${RESERVED.join(', ')}`);
  }
  if (parts.length === 0) problems.push('Path must contain at least one path element');
  return problems;
}

function segments(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
