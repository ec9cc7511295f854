/** Where a runner writes what happens; a pino logger is one. */
export interface RunLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
