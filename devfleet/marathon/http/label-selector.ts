import { illegal } from '../errors.ts';

type Labels = Record<string, string>;

const TERM = String.raw`(?:\\.|[-A-Za-z0-9_.])+`;
const SET = new RegExp(String.raw`^(${TERM})\s*(in|notin)\s*\(\s*((?:${TERM})?(?:\s*,\s*${TERM})*)\s*\)`);
const EQUALITY = new RegExp(String.raw`^(${TERM})\s*(==|!=)\s*(${TERM})`);
const EXISTENCE = new RegExp(String.raw`^(${TERM})`);

/**
 * `foo`, `foo==bar`, `foo!=bar`, `foo in (a, b)`, `foo notin (a, b)`, and commas for "and" (api/v2/LabelSelector.scala).
 * A label that is not there meets none of them, `!=` and `notin` neither. @throws Refusal 422
 */
export function parseLabelSelector(text: string): (labels: Labels) => boolean {
  const tests: ((labels: Labels) => boolean)[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const [test, length] = next(rest) ?? fail(text, rest);
    tests.push(test);
    rest = rest.slice(length).trimStart();
    if (rest === '') break;
    if (!rest.startsWith(',')) fail(text, rest);
    rest = rest.slice(1).trimStart();
    if (rest === '') fail(text, rest);
  }
  return (labels) => tests.every((test) => test(labels));
}

function next(text: string): [(labels: Labels) => boolean, number] | null {
  const set = SET.exec(text);
  if (set) {
    const [whole, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => unescape(value.trim()));
    return [has(key, (value) => values.includes(value) === (operator === 'in')), whole.length];
  }
  const equality = EQUALITY.exec(text);
  if (equality) {
    const [whole, key = '', operator, value = ''] = equality;
    return [has(key, (given) => (given === unescape(value)) === (operator === '==')), whole.length];
  }
  const existence = EXISTENCE.exec(text);
  return existence ? [has(existence[0], () => true), existence[0].length] : null;
}

function has(key: string, test: (value: string) => boolean): (labels: Labels) => boolean {
  return (labels) => {
    const value = labels[unescape(key)];
    return value !== undefined && test(value);
  };
}

function unescape(term: string): string {
  return term.replace(/\\(.)/g, '$1');
}

function fail(text: string, rest: string): never {
  const found = rest === '' ? 'end of source' : `'${rest.charAt(0)}'`;
  throw illegal(
    `Can not parse label selector ${text}. Reason: string matching regex '${TERM}' expected but ${found} found`,
  );
}
