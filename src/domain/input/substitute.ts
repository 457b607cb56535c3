import type { Fault, Path } from './fault.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** `$${`, or `${…}`, or a `${` that nothing closes. */
const PLACEHOLDER = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const INSIDE = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/;

/**
 * Fills `${NAME}` and `${NAME:-default}` in every text value, not in keys. As in a shell the default counts where the
 * variable is unset or empty; a variable that is unset and has no default is a fault. `$${` stands for a plain `${`.
 * A value that is nothing but one variable and reads as a number is a number.
 * Where a value could not be filled the result holds undefined. Values of variables never stand in messages: they may
 * be secrets.
 */
export function substitute(value: unknown, variables: Variables, path: Path = []): { value: unknown; faults: Fault[] } {
  if (typeof value === 'string') return fill(value, variables, path);
  const faults: Fault[] = [];
  const inner = (part: unknown, segment: string | number): unknown => {
    const filled = substitute(part, variables, [...path, segment]);
    faults.push(...filled.faults);
    return filled.value;
  };
  if (Array.isArray(value)) return { value: value.map(inner), faults };
  if (typeof value !== 'object' || value === null) return { value, faults };
  return { value: Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part, key)])), faults };
}

function fill(text: string, variables: Variables, path: Path): { value: unknown; faults: Fault[] } {
  const faults: Fault[] = [];
  const filled = text.replace(PLACEHOLDER, (whole: string, inside: string | undefined) => {
    if (whole === '$${') return '${';
    const [, name, fallback] = INSIDE.exec(inside ?? '') ?? [];
    if (name === undefined) {
      const hint = 'write ${NAME} or ${NAME:-default}, or $${ for a plain ${';
      faults.push({ path, message: `holds a malformed variable ${JSON.stringify(whole)}`, hint });
      return '';
    }
    const set = variables[name];
    if (fallback !== undefined) return set === undefined || set === '' ? fallback : set;
    if (set === undefined) {
      const hint = `set ${name}, or give a default: \${${name}:-…}`;
      faults.push({ path, message: `needs the environment variable ${name}, which is not set`, hint });
    }
    return set ?? '';
  });
  if (faults.length > 0) return { value: undefined, faults };
  const alone = /^\$\{[^}]*\}$/.test(text);
  return { value: alone && /^-?\d+(\.\d+)?$/.test(filled) ? Number(filled) : filled, faults };
}
