/** Something that holds resources until it is closed. */
export interface Closable {
  close(): Promise<void>;
}

interface Entry<T> {
  readonly value: Promise<T>;
  users: number;
  /** Left the cache while it was used: whoever uses it last closes it. */
  evicted: boolean;
}

/**
 * Keeps the `limit` most recently used values that are dear to make, and closes the others, but never one that is in
 * use. Asking twice at once makes a value once; a failure is not kept.
 */
export class LeaseCache<T extends Closable> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(private readonly limit: number) {}

  /** Works with the value of a key, made if need be. */
  async use<R>(key: string, make: () => Promise<T>, work: (value: T) => Promise<R>): Promise<R> {
    const entry = this.entries.get(key) ?? { value: make(), users: 0, evicted: false };
    // Set anew, so that the order of the map is that of use.
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.users++;
    try {
      this.evict(this.limit);
      return await work(await this.made(key, entry));
    } finally {
      entry.users--;
      if (entry.evicted) await release(entry);
    }
  }

  /** Closes everything; what is in use, when it no longer is. */
  async close(): Promise<void> {
    await Promise.all(this.evict(0));
  }

  private async made(key: string, entry: Entry<T>): Promise<T> {
    try {
      return await entry.value;
    } catch (error) {
      if (this.entries.get(key) === entry) this.entries.delete(key);
      throw error;
    }
  }

  private evict(limit: number): readonly Promise<void>[] {
    const closing: Promise<void>[] = [];
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= limit) break;
      this.entries.delete(key);
      entry.evicted = true;
      closing.push(release(entry));
    }
    return closing;
  }
}

/** Closes what nobody uses. */
async function release<T extends Closable>(entry: Entry<T>): Promise<void> {
  if (entry.users > 0) return;
  const value = await entry.value.catch(() => undefined);
  await value?.close();
}
