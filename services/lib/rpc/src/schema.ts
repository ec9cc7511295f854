import {
  createFileRegistry,
  type DescFile,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptorSetBase64 } from '@parallax/proto/descriptors';

let loaded: FileRegistry | undefined;

/** The compiled contracts. Decoded on first use: most processes are never asked about their schema. */
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

/** The file of this name, such as `parallax/common/v1/tensor.proto`. */
export function fileNamed(name: string): DescFile | undefined {
  return schema().getFile(name);
}

/** The file that declares a service, method, message, field or enum, by its full name. */
export function fileDeclaring(symbol: string): DescFile | undefined {
  const type = schema().get(symbol);
  if (type !== undefined) return type.file;
  const dot = symbol.lastIndexOf('.');
  const owner = schema().get(symbol.slice(0, Math.max(dot, 0)));
  const member = symbol.slice(dot + 1);
  return owner !== undefined && memberNames(owner).includes(member) ? owner.file : undefined;
}

/** A file and everything it imports, serialised as FileDescriptorProto messages, the file itself first. */
export function serializedWithImports(file: DescFile): Buffer[] {
  const files = new Set([file]);
  // A Set is iterated in order of insertion, also over what is added on the way.
  for (const { dependencies } of files) for (const dependency of dependencies) files.add(dependency);
  return [...files].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
}

function memberNames(type: NonNullable<ReturnType<FileRegistry['get']>>): readonly string[] {
  switch (type.kind) {
    case 'service':
      return type.methods.map(({ name }) => name);
    case 'message':
      return [...type.fields, ...type.oneofs].map(({ name }) => name);
    default:
      return [];
  }
}
