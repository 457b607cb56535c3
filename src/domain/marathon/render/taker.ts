import type { Fault, Part } from '../../input/fault.ts';

/** Gives the fields of a part one by one, and refuses what nobody took. */
export class Taker {
  readonly #part: Part;
  readonly #faults: Fault[];
  readonly #left: Set<string>;

  /** @param passedOver keys that are neither taken nor refused */
  constructor(part: Part, faults: Fault[], passedOver: readonly string[] = []) {
    this.#part = part;
    this.#faults = faults;
    this.#left = new Set(part.keys().filter((key) => !passedOver.includes(key)));
  }

  take(key: string): Part {
    this.#left.delete(key);
    return this.#part.get(key);
  }

  refuseRest(): void {
    for (const key of this.#left) this.#faults.push(this.#part.get(key).fault('is nothing that Marathon has'));
  }
}

/** The text of a part; what is none is a fault, and empty. */
export function textOf(part: Part, faults: Fault[]): string {
  if (part.text === undefined) faults.push(part.fault('must be a text'));
  return part.text ?? '';
}
