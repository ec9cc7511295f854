import type { CliConfig, Variables } from './config.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What commands work with. */
export interface Shell {
  readonly terminal: Terminal;
  /** Aborted when the user wants to stop; the reason is `Interrupted`. */
  readonly signal: AbortSignal;
  /** The configuration, by the options that every command has, else the environment, else what `parallax up` wrote down. */
  config(): Promise<CliConfig>;
  /** The environment, for processes with a configuration of their own. */
  readonly env: Variables;
}
