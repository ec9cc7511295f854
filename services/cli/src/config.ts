import {
  address,
  addresses,
  databaseUrl,
  dataDir,
  home,
  host,
  loadConfig,
  logLevel,
  otlpEndpoint,
} from '@parallax/config';
import { z } from 'zod';

/** What the command line can be told besides the options of a command. */
export const cliConfigSchema = z.object({
  home: home(),
  dataDir: dataDir(),
  databaseUrl: databaseUrl(),
  host: host(),
  logLevel: logLevel(),
  otlpEndpoint: otlpEndpoint(),
  encoders: addresses({
    sl: '127.0.0.1:50051',
    cl: '127.0.0.1:50052',
    mim: '127.0.0.1:50053',
    dm: '127.0.0.1:50054',
  }),
  attack: address('127.0.0.1:50061'),
  probe: address('127.0.0.1:50062'),
  metrics: address('127.0.0.1:50063'),
  experiment: address('127.0.0.1:50064'),
});

/** The value of `cliConfigSchema`. */
export type CliConfig = z.output<typeof cliConfigSchema>;

/** Values by variable name, as in the environment of a process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The configuration by settings (named as the keys of the schema), else variables, else defaults. */
export function loadCliConfig(settings: Variables, env: Variables): CliConfig {
  return loadConfig(cliConfigSchema, { argv: flagsOf(settings), env });
}

/** Settings as the flags that `loadConfig` reads: `{ dataDir: 'd' }` → `--data-dir=d`. */
export function flagsOf(settings: Variables): string[] {
  const kebab = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [`--${kebab(key)}=${value}`]));
}
