import { setTimeout as sleep } from 'node:timers/promises';

/** What is heard of work: now and then how far it is, at the end its result. */
export type Heard<News, Result> =
  | { readonly kind: 'news'; readonly news: News }
  | { readonly kind: 'result'; readonly result: Result };

/**
 * Does work that reports how far it is, and passes on the latest report at most every `intervalMs`; reports in between
 * are skipped. Ends with the result of the work, or throws what it throws.
 */
export async function* reporting<News, Result>(
  intervalMs: number,
  work: (report: (news: News) => void) => Promise<Result>,
): AsyncGenerator<Heard<News, Result>, void, undefined> {
  let latest: { readonly news: News } | undefined;
  let ended = false;
  let ring = () => {};
  const working = work((news) => {
    latest = { news };
    ring();
  }).finally(() => {
    ended = true;
    ring();
  });
  // Whoever stops listening does not hear of its failure.
  const settled = working.then(
    () => undefined,
    () => undefined,
  );
  for (;;) {
    if (latest !== undefined) {
      const { news } = latest;
      latest = undefined;
      yield { kind: 'news', news };
      await Promise.race([sleep(intervalMs, undefined, { ref: false }), settled]);
    } else if (ended) {
      yield { kind: 'result', result: await working };
      return;
    } else {
      await new Promise<void>((resolve) => {
        ring = resolve;
      });
    }
  }
}
