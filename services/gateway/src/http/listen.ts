import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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
  const connections = trackConnections(server);
  await bind(server, host, port);
  const bound = server.address();
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
  return { address: addressOf(host, actual), close: () => close(server, connections) };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(addressOf(host, port), error)));
    server.listen(port, host, resolve);
  });
}

interface Connections {
  /** From now on, closes every connection as soon as nothing is being answered on it. */
  closeWhenIdle(): void;
}

/**
 * Browsers keep connections open after an answer, and open some in advance on which they never ask for anything. The
 * server's own notion of an idle connection leaves the latter open.
 */
function trackConnections(server: Server): Connections {
  const answering = new Map<Socket, number>();
  let closing = false;
  const change = (socket: Socket, by: number) => {
    const before = answering.get(socket);
    if (before === undefined) return;
    answering.set(socket, before + by);
    if (closing && before + by === 0) socket.destroySoon();
  };
  server.on('connection', (socket: Socket) => {
    answering.set(socket, 0);
    socket.once('close', () => answering.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    change(socket, 1);
    response.once('close', () => change(socket, -1));
  });
  const closeWhenIdle = () => {
    closing = true;
    for (const socket of answering.keys()) change(socket, 0);
  };
  return { closeWhenIdle };
}

function close(server: Server, connections: Connections): Promise<void> {
  const overdue = setTimeout(() => server.closeAllConnections(), drainMs);
  return new Promise((resolve) => {
    server.close(() => {
      clearTimeout(overdue);
      resolve();
    });
    connections.closeWhenIdle();
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
