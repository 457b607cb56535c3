/** What a place of a glob takes. `run` and what follows it are places that may take any number of characters. */
type Item =
  | { takes: 'char'; char: string }
  /** `?`: one character, but no slash. */
  | { takes: 'one' }
  /** `*`: any number of characters, but no slash. */
  | { takes: 'run' }
  /** `**` at the end: anything. */
  | { takes: 'all' }
  /** `**` before a slash: nothing, or whole parts with the slash after them, which the place after it takes. */
  | { takes: 'nothing-or-parts' }
  | { takes: 'parts' };

/** A glob, ready to match: a small automaton, so that no pattern takes longer than its length times that of the name. */
export interface Glob {
  text: string;
  items: readonly Item[];
  /** Place of a `*` or `**` → first of the places before it that can take nothing that it cannot. */
  covers: readonly (number | undefined)[];
}

/** Places at which a glob may stand, in ascending order; one behind the last place: all was matched. */
export type Places = readonly number[];

/** Reads a glob that `globFault` has passed. */
export function compileGlob(text: string): Glob {
  const items: Item[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (text.startsWith('**/', at)) {
      items.push({ takes: 'nothing-or-parts' }, { takes: 'parts' });
      at += 2;
    } else if (text.startsWith('**', at)) {
      items.push({ takes: 'all' });
      at += 1;
    } else if (char === '*') items.push({ takes: 'run' });
    else if (char === '?') items.push({ takes: 'one' });
    else items.push({ takes: 'char', char });
  }
  return { text, items, covers: items.map((item, at) => coveredFrom(items, item, at)) };
}

function coveredFrom(items: Item[], { takes }: Item, at: number): number | undefined {
  if (takes === 'all') return 0;
  if (takes !== 'run') return undefined;
  const slash = items.slice(0, at).findLastIndex((item) => mayTake(item, '/'));
  return slash + 1;
}

function mayTake(item: Item, char: string): boolean {
  if (item.takes === 'char') return item.char === char;
  return item.takes === 'all' || item.takes === 'parts' || (item.takes !== 'nothing-or-parts' && char !== '/');
}

export function startOf(glob: Glob): Places {
  return settle(glob, [0]);
}

/** Where it stands after one more character; nowhere: no name that begins so matches. */
export function step(glob: Glob, places: Places, char: string): Places {
  const next: number[] = [];
  for (const at of places) {
    const item = glob.items[at];
    if (item === undefined || !mayTake(item, char)) continue;
    const stays = item.takes === 'run' || item.takes === 'all' || item.takes === 'parts';
    if (stays) next.push(at);
    if (!stays || (item.takes === 'parts' && char === '/')) next.push(at + 1);
  }
  return next.length === 0 ? next : settle(glob, next);
}

export function accepts(glob: Glob, places: Places): boolean {
  return places.at(-1) === glob.items.length;
}

/** With the places that are reached without a character, and without those that another one covers. */
function settle({ items, covers }: Glob, reached: number[]): Places {
  const all = new Set<number>();
  const reach = (at: number): void => {
    if (all.has(at)) return;
    all.add(at);
    const takes = items[at]?.takes;
    if (takes === 'run' || takes === 'all' || takes === 'nothing-or-parts') reach(at + 1);
    if (takes === 'nothing-or-parts') reach(at + 2);
  };
  for (const at of reached) reach(at);
  const sorted = [...all].sort((a, b) => a - b);
  return sorted.filter((at) => !sorted.some((by) => at < by && at >= (covers[by] ?? Infinity)));
}

/** Whether the glob matches the whole name. */
export function matches(glob: Glob, name: string): boolean {
  let places = startOf(glob);
  for (const char of name) {
    if (places.length === 0) return false;
    places = step(glob, places, char);
  }
  return accepts(glob, places);
}
