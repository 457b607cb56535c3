import type { components } from '../http/openapi.d.ts';
import { shortDigest } from './sync-text.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

export type Comparison = components['schemas']['ImageComparison'];
type Tag = Comparison['tags'][number];

/** Tags and registries: the first registry that has a tag shows its digest, the others whether they have the same. */
export function comparisonText(terminal: Terminal, { registries, tags }: Comparison): string {
  if (tags.length === 0) return 'no tags';
  const names = registries.map(({ registry }) => registry);
  const away = registries.filter(({ trouble }) => trouble !== null).map(({ registry }) => registry);
  return columns(
    terminal,
    ['tag', ...names],
    tags.map((tag) => [tag.agrees ? tag.tag : terminal.paint('red', tag.tag), ...cells(terminal, tag, names, away)]),
  );
}

function cells({ paint }: Terminal, { digests }: Tag, names: string[], away: string[]): string[] {
  const first = names.find((name) => typeof digests[name] === 'string');
  const wanted = first === undefined ? null : digests[first];
  return names.map((name) => {
    if (away.includes(name)) return paint('yellow', 'unreachable');
    const digest = digests[name];
    if (digest === undefined) return 'not looked at';
    if (digest === null) return first === undefined ? 'missing' : paint('red', 'missing');
    if (name === first) return shortDigest(digest);
    return digest === wanted ? 'same' : paint('red', `differs: ${shortDigest(digest)}`);
  });
}
