import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { ConflictError } from '@parallax/config';

/** `host:port` as it is dialled; IPv6 addresses in brackets. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Makes a server listen. Returns the port it got.
 *
 * @throws ConflictError when the address is in use or cannot be had.
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  const address = addressOf(host, port);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(listenError(address, error));
    });
  });
}

function listenError(address: string, cause: Error): ConflictError {
  const inUse = cause.message.includes('EADDRINUSE');
  const got = inUse ? 'one that is in use' : cause.message.replaceAll(/\s+/g, ' ');
  return new ConflictError(`${address}: expected an address that is free to listen on, got ${got}`, {
    reason: inUse ? 'PORT_IN_USE' : 'ADDRESS_REFUSED',
    facts: { address },
    cause,
  });
}
