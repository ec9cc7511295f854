// Asks the gRPC server of this container whether it serves (grpc.health.v1): exit status 0 when it does. Written on
// HTTP/2 alone, so that it starts fast: an orchestrator runs it every few seconds.
import { connect } from 'node:http2';
import process from 'node:process';

const { PARALLAX_GRPC_PORT, PARALLAX_PORT } = process.env;
const deadlineMs = 2_000;
/** An empty HealthCheckRequest: no compression, length 0. */
const request = Buffer.alloc(5);
/** A HealthCheckResponse that says SERVING, in its frame. */
const serving = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

const session = connect(`http://127.0.0.1:${PARALLAX_GRPC_PORT ?? PARALLAX_PORT}`);
const stream = session.request({
  ':method': 'POST',
  ':path': '/grpc.health.v1.Health/Check',
  'content-type': 'application/grpc',
  te: 'trailers',
});
const chunks = [];
const finish = (healthy) => process.exit(healthy ? 0 : 1);
setTimeout(() => finish(false), deadlineMs);
session.on('error', () => finish(false));
stream.on('error', () => finish(false));
stream.on('data', (chunk) => chunks.push(chunk));
stream.on('end', () => finish(Buffer.concat(chunks).equals(serving)));
stream.end(request);
