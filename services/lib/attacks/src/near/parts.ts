/**
 * Cuts `count` samples into runs of at most `batchSize`, as even as possible, and as many as there are workers where there
 * are enough samples. The cut never changes a result.
 */
export function partsOf(count: number, batchSize: number, parallelism: number): readonly (readonly number[])[] {
  const fewest = Math.ceil(count / batchSize);
  const wanted = Math.ceil(Math.max(fewest, 1) / parallelism) * parallelism;
  const parts = Math.max(fewest, Math.min(wanted, Math.floor(count / 2)), 1);
  return Array.from({ length: parts }, (_, part) => {
    const start = Math.floor((part * count) / parts);
    const end = Math.floor(((part + 1) * count) / parts);
    return Array.from({ length: end - start }, (_unused, index) => start + index);
  });
}

/** Runs over items, at most `limit` at a time, and gives the results in order. Nothing new is begun after a failure. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results.set(index, await run(items[index] as T));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, work));
  const failure = workers.find((worker) => worker.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return items.map((_, index) => results.get(index) as R);
}
