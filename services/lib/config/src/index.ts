export {
  ConflictError,
  CorruptDataError,
  DomainError,
  type ErrorFacts,
  InputError,
  LimitError,
  NotFoundError,
  PreconditionError,
  type Violation,
} from './errors.ts';
export {
  address,
  addresses,
  databaseUrl,
  dataDir,
  home,
  host,
  type LogLevel,
  logLevel,
  logLevels,
  otlpEndpoint,
  port,
  type ServiceConfig,
  serviceFields,
} from './fields.ts';
export { ConfigError, type ConfigSources, describeConfig, loadConfig } from './load-config.ts';
export { parseAll, within } from './parse-all.ts';
export { parseInput } from './parse-input.ts';
export { describeValue, Violations } from './violations.ts';
