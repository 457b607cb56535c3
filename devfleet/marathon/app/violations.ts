import { notValid } from '../errors.ts';

/** Collects what is wrong with a definition, by the path of the field, in the order found. */
export class Violations {
  readonly #byPath = new Map<string, string[]>();

  add(path: string, error: string): void {
    this.#byPath.set(path, [...(this.#byPath.get(path) ?? []), error]);
  }

  /** Adds the error unless `valid`. */
  require(valid: boolean, path: string, error: string): void {
    if (!valid) this.add(path, error);
  }

  /** @throws Refusal 422 `Object is not valid` when anything was added */
  throwIfAny(): void {
    if (this.#byPath.size === 0) return;
    throw notValid([...this.#byPath].map(([path, errors]) => ({ path, errors: [...new Set(errors)] })));
  }
}

/** Nobody started this Marathon with `--enable_features`. */
export function featureOff(feature: string): string {
  return `Feature ${feature} is not enabled. Enable with --enable_features ${feature})`;
}
