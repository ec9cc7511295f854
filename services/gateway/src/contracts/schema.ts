import { createFileRegistry, type DescMethod, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptorSetBase64 } from '@parallax/proto/descriptors';

let loaded: FileRegistry | undefined;

/** The compiled contracts, by which messages are translated to JSON and back. Decoded once, on first use. */
export function schema(): FileRegistry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(fileDescriptorSetBase64, 'base64')));
  return loaded;
}

/** Describes the method at a path `/package.Service/Method`. */
export function describeMethod(path: string): DescMethod {
  const [, service = '', name = ''] = path.split('/');
  const method = schema()
    .getService(service)
    ?.methods.find((candidate) => candidate.name === name);
  if (method === undefined) throw new Error(`${path}: expected a method of the contracts`);
  return method;
}
