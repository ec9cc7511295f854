import type { DescFile } from '@bufbuild/protobuf';
import { Code } from '@parallax/proto/google/rpc/code';
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '@parallax/proto/grpc/reflection/v1/reflection';
import { ServerReflectionService as AlphaServerReflectionService } from '@parallax/proto/grpc/reflection/v1alpha/reflection';
import type { ServiceImplementation } from './handler.ts';
import { implement } from './implement.ts';
import { nameOfService } from './method.ts';
import { fileDeclaring, fileNamed, serializedWithImports } from './schema.ts';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/** Server reflection for these services and itself, in its current version and the older one; their messages are equal. */
export function reflectionOf(served: readonly string[]): readonly ServiceImplementation[] {
  const own = [ServerReflectionService, AlphaServerReflectionService].map(nameOfService);
  const services = [...served, ...own];
  async function* serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>) {
    for await (const request of requests) {
      yield { validHost: request.host, originalRequest: request, messageResponse: answer(request, services) };
    }
  }
  return [
    implement(ServerReflectionService, { serverReflectionInfo }),
    implement(AlphaServerReflectionService, { serverReflectionInfo }),
  ];
}

function answer({ messageRequest }: ServerReflectionRequest, services: readonly string[]): Answer {
  switch (messageRequest?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return answerFile(fileNamed(messageRequest.value), `no file ${messageRequest.value}`);
    case 'fileContainingSymbol':
      return answerFile(fileDeclaring(messageRequest.value), `no symbol ${messageRequest.value}`);
    case 'fileContainingExtension':
    case 'allExtensionNumbersOfType':
      return refusal(Code.NOT_FOUND, 'these contracts have no extensions');
    case undefined:
      return refusal(Code.INVALID_ARGUMENT, 'expected one of the questions of message_request, got none');
  }
}

function answerFile(file: DescFile | undefined, refused: string): Answer {
  if (file === undefined) return refusal(Code.NOT_FOUND, refused);
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: serializedWithImports(file) } };
}

function refusal(errorCode: Code, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
