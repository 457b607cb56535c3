import { accepts, type Glob, matches, type Places, startOf, step } from './glob.ts';
import type { Names } from './names.ts';

/** A set of names: those that at least one glob of each list in `anyOf` matches, and no glob of `noneOf`. */
export interface Language {
  anyOf: readonly (readonly Glob[])[];
  noneOf: readonly Glob[];
}

export function isIn({ anyOf, noneOf }: Language, name: string): boolean {
  return (
    anyOf.every((globs) => globs.some((glob) => matches(glob, name))) && !noneOf.some((glob) => matches(glob, name))
  );
}

/** What is in both. */
export function both(one: Language, other: Language): Language {
  return { anyOf: [...one.anyOf, ...other.anyOf], noneOf: [...one.noneOf, ...other.noneOf] };
}

/**
 * States at most that are looked at. Stars and exclusions of common patterns make some hundreds; a `?` after a `*` may
 * double them.
 */
const MOST_STATES = 20_000;

/** The names cannot be compared: patterns such as `*a?????????????????`. */
export class TooManyStates extends Error {
  constructor() {
    super('the patterns have too many states');
    this.name = 'TooManyStates';
  }
}

/** How far one beginning of names has come in every automaton. */
interface State {
  word: string;
  name: string;
  /** In the order of all globs of the language. */
  places: Places[];
}

/**
 * The shortest name of the language, or null where there is none: a search through the product of the automata of all
 * globs and of the names themselves, so it is exact.
 * @throws TooManyStates
 */
export function shortest(names: Names, { anyOf, noneOf }: Language): string | null {
  const wanted = anyOf.flat();
  const globs = [...wanted, ...noneOf];
  const alphabet = names.alphabet(new Set(globs.flatMap((glob) => [...literals(glob)])));
  const isMet = (places: Places[], met: (glob: Glob, at: Places) => boolean): boolean => {
    let next = 0;
    return anyOf.every((list) => {
      const from = next;
      next += list.length;
      return list.some((glob, at) => met(glob, places[from + at] ?? []));
    });
  };
  const isMember = ({ name, places }: State): boolean =>
    names.isWhole(name) &&
    isMet(places, accepts) &&
    !noneOf.some((glob, at) => accepts(glob, places[wanted.length + at] ?? []));

  let layer: State[] = [{ word: '', name: names.start, places: globs.map(startOf) }];
  const seen = new Set<string>();
  for (let length = 0; length <= names.longest && layer.length > 0; length++) {
    const found = layer.find(isMember);
    if (found !== undefined) return found.word;
    const longer: State[] = [];
    for (const state of layer) {
      for (const char of alphabet) {
        const name = names.next(state.name, char);
        if (name === null) continue;
        const places = globs.map((glob, at) => step(glob, state.places[at] ?? [], char));
        if (!isMet(places, (_glob, { length: ways }) => ways > 0)) continue;
        const key = `${name} ${places.join(';')}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > MOST_STATES) throw new TooManyStates();
        longer.push({ word: state.word + char, name, places });
      }
    }
    layer = longer;
  }
  return null;
}

function* literals({ items }: Glob): Iterable<string> {
  for (const item of items) if (item.takes === 'char') yield item.char;
}
