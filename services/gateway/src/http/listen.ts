import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { ConflictError } from '@parallax/config';

/** An HTTP server that listens. */
export interface HttpServer {
  /** `host:port`. */
  readonly address: string;
  /** Stops: requests in progress get `drainMs` to finish. Resolves when the port is free. */
  close(): Promise<void>;
}

const drainMs = 2_000;

/** A connection kept alive for further requests falls idle some time after its last answer; until then it stays open. */
const idlePollMs = 20;

/**
 * Makes an application listen; port 0 takes any free one.
 *
 * @throws ConflictError when the address is in use or cannot be had.
 */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<HttpServer> {
  // Without options the adaptor makes a plain HTTP/1.1 server.
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  await bind(server, host, port);
  const bound = server.address();
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
  return { address: addressOf(host, actual), close: () => close(server) };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(addressOf(host, port), error)));
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), idlePollMs);
  const overdue = setTimeout(() => server.closeAllConnections(), drainMs);
  return new Promise((resolve) => {
    server.close(() => {
      clearInterval(idle);
      clearTimeout(overdue);
      resolve();
    });
  });
}

function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listenError(address: string, cause: NodeJS.ErrnoException): ConflictError {
  const inUse = cause.code === 'EADDRINUSE';
  const got = inUse ? 'one that is in use' : cause.message;
  return new ConflictError(`${address}: expected an address that is free to listen on, got ${got}`, {
    reason: inUse ? 'PORT_IN_USE' : 'ADDRESS_REFUSED',
    facts: { address },
    cause,
  });
}
