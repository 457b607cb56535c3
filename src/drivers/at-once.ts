/** Does it for every item, at most `most` at a time. What fails first is thrown once all that had begun have ended. */
export async function atOnce<T>(most: number, items: Iterable<T>, act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const goOn = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await act(item);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: most }, goOn));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
