import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo } from '@parallax/proto/google/rpc/error_details';
import { Status } from '@parallax/proto/google/rpc/status';
import { RpcError } from './rpc-error.ts';
import { statusCodeOf, statusNameOf } from './status.ts';

const detailsKey = 'grpc-status-details-bin';
const domain = 'parallax';
const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo';
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest';

// Errors travel in HTTP/2 trailers, and peers commonly refuse more than 8 KiB of them; base64 adds a third.
const maxViolationsSent = 20;
const maxDescriptionCharacters = 200;
const maxMessageCharacters = 1024;

/** Writes an error as code, message and `grpc-status-details-bin` trailer. Inverse of `decodeError`. */
export function encodeError(error: RpcError): StatusObject {
  const code = statusCodeOf(error.status);
  const message = shortened(error.message, maxMessageCharacters);
  const details = [
    {
      typeUrl: errorInfoType,
      value: encoded(ErrorInfo.encode({ reason: error.reason, domain, metadata: error.facts })),
    },
  ];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.slice(0, maxViolationsSent).map(({ field, description }) => ({
      field,
      description: shortened(description, maxDescriptionCharacters),
      reason: '',
    }));
    details.push({ typeUrl: badRequestType, value: encoded(BadRequest.encode({ fieldViolations })) });
  }
  const metadata = new Metadata();
  metadata.set(detailsKey, encoded(Status.encode({ code, message, details })));
  return { code, details: message, metadata };
}

/** Whether an error was made by a server that speaks of details, rather than by the transport. */
export function hasDetails(error: ServiceError): boolean {
  return (error.metadata?.get(detailsKey).length ?? 0) > 0;
}

/** Reads the error a call ended with. Errors of foreign servers have no details; their reason is then the code. */
export function decodeError(error: ServiceError): RpcError {
  const status = statusNameOf(error.code);
  const trailer = error.metadata?.get(detailsKey)[0];
  const details = Buffer.isBuffer(trailer) ? Status.decode(trailer).details : [];
  const info = details.find(({ typeUrl }) => typeUrl === errorInfoType);
  const badRequest = details.find(({ typeUrl }) => typeUrl === badRequestType);
  const { reason, metadata } = info === undefined ? { reason: status, metadata: {} } : ErrorInfo.decode(info.value);
  const violations = badRequest === undefined ? [] : BadRequest.decode(badRequest.value).fieldViolations;
  return new RpcError(status, error.details, { reason, facts: metadata, violations, cause: error });
}

function encoded(writer: { finish(): Uint8Array }): Buffer {
  return Buffer.from(writer.finish());
}

function shortened(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
}
