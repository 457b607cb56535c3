/** Where something stands in a document: keys and list indexes from the root. */
export type Path = readonly (string | number)[];

/** One thing that is wrong in a document. */
export interface Fault {
  path: Path;
  /** Reads on after the path: `must be at least 1`. */
  message: string;
  hint?: string;
}

/** `idcs[0].clusters[1].azs`; keys that are no plain words stand in quotes: `images["side-car"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (!/^[A-Za-z_]\w*$/.test(segment)) text += `[${JSON.stringify(segment)}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}

/** A value of a document that may be malformed: gives what is there and has the right type, and nothing else. */
export class Part {
  readonly value: unknown;
  readonly path: Path;

  constructor(value: unknown, path: Path = []) {
    this.value = value;
    this.path = path;
  }

  /** The value under a key; a part without value where there is none. */
  get(key: string): Part {
    const fields = this.#fields();
    return new Part(Object.hasOwn(fields, key) ? fields[key] : undefined, [...this.path, key]);
  }

  items(): Part[] {
    return Array.isArray(this.value) ? this.value.map((item, index) => new Part(item, [...this.path, index])) : [];
  }

  keys(): string[] {
    return Object.keys(this.#fields());
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get number(): number | undefined {
    return typeof this.value === 'number' ? this.value : undefined;
  }

  fault(message: string, hint?: string): Fault {
    return { path: this.path, message, ...(hint === undefined ? {} : { hint }) };
  }

  #fields(): Record<string, unknown> {
    const { value } = this;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  }
}

/** A fault at the second and every later part that says the same as an earlier one. Parts that say nothing don't count. */
export function repeated(parts: Part[], what: string): Fault[] {
  const first = new Map<string | number, Part>();
  const faults: Fault[] = [];
  for (const part of parts) {
    const said = part.text ?? part.number;
    if (said === undefined) continue;
    const earlier = first.get(said);
    if (earlier === undefined) first.set(said, part);
    else
      faults.push(part.fault(`${what} ${JSON.stringify(said)} is there twice`, `first at ${formatPath(earlier.path)}`));
  }
  return faults;
}
