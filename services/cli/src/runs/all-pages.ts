/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Token of the next page; empty after the last. */
  readonly nextPageToken: string;
}

/** The items of all pages, in order. */
export async function allPages<Item>(load: (pageToken: string) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const all: Item[] = [];
  let token = '';
  do {
    const { items, nextPageToken } = await load(token);
    all.push(...items);
    token = nextPageToken;
  } while (token !== '');
  return all;
}
