import type { PGlite } from '@electric-sql/pglite';

/**
 * A PGlite whose socket server keeps the messages of one *exchange* together.
 *
 * A client sends a statement with parameters as several messages: Parse, Bind, Describe, Execute, Sync. The socket server
 * gives the backend, which all connections share, one message at a time from whoever is next, and lets a connection go on
 * undisturbed only while `isInTransaction()`. Between Parse and Bind there is no transaction yet, so another client's Parse
 * may slip in, and the first client then binds its parameters to the wrong statement
 * (https://github.com/electric-sql/pglite/issues/1046). Here an exchange counts as a transaction from its first message to
 * its Sync.
 */
export function withExchangeAffinity(database: PGlite): PGlite {
  let exchangeIsOpen = false;
  const overrides: Partial<PGlite> = {
    isInTransaction: () => exchangeIsOpen || database.isInTransaction(),
    async execProtocolRawStream(message, options) {
      const type = message[0];
      if (type !== undefined && inExchange.has(type)) exchangeIsOpen = true;
      if (type !== undefined && endsExchange.has(type)) exchangeIsOpen = false;
      await database.execProtocolRawStream(message, options);
    },
    // The server's only use of it is the roll-back when a client goes away in the middle.
    async exec(query, options) {
      if (exchangeIsOpen) await database.execProtocolRaw(syncMessage);
      exchangeIsOpen = false;
      return database.exec(query, options);
    },
  };
  return new Proxy(database, {
    get(target, property) {
      const value: unknown = Reflect.get(property in overrides ? overrides : target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const bytes = (types: string): ReadonlySet<number> => new Set(Buffer.from(types));

/** Parse, Bind, Describe, Execute, Close, Flush. */
const inExchange = bytes('PBDECH');
/** Sync, Query. */
const endsExchange = bytes('SQ');
const syncMessage = Uint8Array.of(0x53, 0, 0, 0, 4);
