/** By how many percent the median of the last quarter of the samples is above that of the first. */
export function slopePercent(samples: readonly number[]): number {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const first = median(samples.slice(0, quarter));
  return (median(samples.slice(-quarter)) / first - 1) * 100;
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.floor(sorted.length / 2)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}
