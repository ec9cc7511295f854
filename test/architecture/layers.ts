// What may import what. Arrows point down only.

/** Knows no machine learning; each may import those before it. */
const plumbing = ['config', 'telemetry', 'rpc', 'store', 'workflow'];

/** What each library may import of the other libraries, besides the plumbing named. */
export const libraryImports: Readonly<Record<string, readonly string[]>> = {
  config: [],
  telemetry: ['config'],
  rpc: ['config', 'telemetry'],
  store: ['config', 'telemetry'],
  workflow: ['config', 'telemetry', 'store'],
  statistics: [],
  tensor: [],
  graph: ['tensor'],
  runtime: ['tensor', 'graph'],
  datasets: ['config', 'store', 'tensor'],
  objectives: ['config', 'tensor', 'graph', 'runtime'],
  attacks: ['config', 'statistics', 'tensor', 'graph', 'runtime', 'objectives'],
  paradigms: ['config', 'store', 'tensor', 'graph', 'runtime', 'objectives', 'datasets'],
  messages: ['config', 'rpc', 'tensor', 'graph', 'objectives', 'attacks'],
};

/** Every library. */
export const libraries: readonly string[] = Object.keys(libraryImports);

/** Libraries that speak the contracts: they translate for the services. */
export const librariesThatKnowContracts: readonly string[] = ['rpc', 'workflow', 'messages'];

/** The service that may import its siblings: it runs all of them in one process. */
export const composer = 'cli';

/** Libraries that must not know any machine learning. */
export const plumbingLibraries: readonly string[] = plumbing;

/** Dependencies that only the named packages import, by folder. Tests drive some of them from outside. */
export const soleImporters: readonly { readonly dependency: RegExp; readonly folders: readonly string[] }[] = [
  { dependency: /^(onnxruntime-|@tensorflow\/)/, folders: ['services/lib/runtime'] },
  { dependency: /^@grpc\/grpc-js$/, folders: ['services/lib/rpc', 'test'] },
  { dependency: /^@grpc\/proto-loader$/, folders: ['test'] },
  { dependency: /^(pg|kysely|@electric-sql\/.*)$/, folders: ['services/lib/store'] },
  { dependency: /^(pino|@opentelemetry\/.*)$/, folders: ['services/lib/telemetry'] },
  { dependency: /^(hono|@hono\/.*|fast-png)$/, folders: ['services/gateway'] },
  { dependency: /^(commander|yaml)$/, folders: ['services/cli'] },
  { dependency: /^testcontainers$/, folders: ['test'] },
  { dependency: /^playwright-core$/, folders: ['test', 'services/gateway'] },
];
