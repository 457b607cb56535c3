/** Samples of one thing that is measured: a row of the table. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  /** The rows that its median is divided by: a floor, a peer. */
  readonly against: readonly Series[];
  readonly samples: readonly number[];
  add(sample: number): void;
  /** @throws Error when nothing was measured */
  median(): number;
  /** @param q 0–1; linear between the two nearest samples */
  quantile(q: number): number;
}

export function createSeries(name: string, unit: string, against: readonly Series[]): Series {
  const samples: number[] = [];
  const quantile = (q: number): number => {
    const sorted = samples.toSorted((a, b) => a - b);
    const at = (sorted.length - 1) * q;
    const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    if (low === undefined || high === undefined) throw new Error(`nothing was measured for "${name}"`);
    return low + (high - low) * (at - Math.floor(at));
  };
  return {
    name,
    unit,
    against,
    samples,
    add: (sample) => void samples.push(sample),
    quantile,
    median: () => quantile(0.5),
  };
}

/** How many times the median of one is the median of the other. */
export function ratio(one: Series, other: Series): number {
  return one.median() / other.median();
}
