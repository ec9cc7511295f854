import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptorSetBase64 } from '@parallax/proto/descriptors';

/** Full names, `package.Service/Method`, of all RPCs of our own contracts; those that gRPC itself defines are not. */
export function ownRpcs(): readonly string[] {
  const bytes = Buffer.from(fileDescriptorSetBase64, 'base64');
  return [...createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes))]
    .flatMap((type) => (type.kind === 'service' ? type.methods : []))
    .map(({ parent, name }) => `${parent.typeName}/${name}`)
    .filter((rpc) => rpc.startsWith('parallax.') || rpc.startsWith('inference.'));
}
