/**
 * All at once; every one has ended before the first error is thrown, so that no step runs on while its undo begins.
 */
export async function all<T, R>(items: T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const ends = await Promise.allSettled(items.map(act));
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
