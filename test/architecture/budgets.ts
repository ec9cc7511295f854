// How long files and functions may be. A table of rules is better whole than scattered: those are exempt, by name.

/** Lines of a file that is not a test. */
export const fileLines = 300;
/** Lines of a test file: a table of cases may be long. */
export const testFileLines = 450;
/** Lines half of all files stay below. */
export const medianFileLines = 135;
/** Lines of a function. */
export const functionLines = 60;
/** Lines of the file that starts a process. */
export const mainLines = 40;

/** Files that may be longer, each with its reason. */
export const longFiles: Readonly<Record<string, string>> = {
  'services/lib/graph/src/build.ts': 'the builder: one short function an operator, side by side',
  'services/lib/graph/src/operators/movement.ts': 'a table of operators',
};

/** Places where `any` stands, each with its reason. */
export const allowedAny: Readonly<Record<string, string>> = {
  'services/lib/rpc/src/method.ts': 'requests and responses are contravariant; only `any` admits every method',
};

/** Files that export a default, because a tool asks for it. */
export const allowedDefaultExports: readonly string[] = [];

/** The only code that reads the environment: everything else is given its configuration. */
export const environmentReaders: readonly RegExp[] = [
  /^services\/lib\/config\/src\/load-config\.ts$/,
  /^services\/[a-z]+\/src\/main\.ts$/,
  /^test\//,
];
