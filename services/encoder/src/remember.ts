/**
 * Remembers what was made for a key, at most `limit` at a time: the least recently asked for is forgotten first. Asking
 * twice at once makes it once; a failure is not remembered.
 */
export function remember<T>(limit: number, make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    // Set anew, so that the order of the map is that of use.
    known.delete(key);
    known.set(key, value);
    value.catch(() => known.delete(key));
    for (const oldest of known.keys()) {
      if (known.size <= limit) break;
      known.delete(oldest);
    }
    return value;
  };
}
