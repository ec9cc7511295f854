import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addresses, serviceFields } from './fields.ts';
import { ConfigError, describeConfig, loadConfig } from './load-config.ts';

const schema = z.object({
  ...serviceFields(50_061),
  paradigm: z.enum(['sl', 'cl', 'mim', 'dm']),
  encoders: addresses({ sl: '127.0.0.1:50051' }),
});

const failure = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): ConfigError => {
  try {
    loadConfig(schema, { argv, env });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
};

describe('loadConfig', () => {
  it('prefers flags to the environment, and the environment to defaults', () => {
    const env = { PARALLAX_PORT: '1', PARALLAX_HOME: '/state', PARALLAX_PARADIGM: 'mim', DATABASE_URL: '' };
    const config = loadConfig(schema, { argv: ['--port', '2', '--encoders=cl=h:1, dm=h:2'], env });
    expect(config).toEqual({
      port: 2,
      host: '127.0.0.1',
      home: '/state',
      logLevel: 'info',
      paradigm: 'mim',
      encoders: new Map([
        ['cl', 'h:1'],
        ['dm', 'h:2'],
      ]),
    });
  });

  it('reads standard variables under their standard names', () => {
    const env = {
      PARALLAX_PARADIGM: 'sl',
      DATABASE_URL: 'postgres://u@h/d',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    };
    const config = loadConfig(schema, { argv: [], env });
    expect(config.databaseUrl).toBe('postgres://u@h/d');
    expect(config.otlpEndpoint).toBe('http://collector:4318');
    expect(config.encoders).toEqual(new Map([['sl', '127.0.0.1:50051']]));
  });

  it('names every bad key, unknown flag and stray argument at once', () => {
    const argv = ['stray', '--port', '80801', '--no-such', 'x', '--encoders', 'sl', '--log-level'];
    const error = failure(argv, { DATABASE_URL: 'mysql://h' });
    expect(error.violations).toEqual([
      { field: 'arguments', expected: 'only --options', got: '"stray"' },
      { field: '--no-such', expected: expect.stringContaining('one of --port, --host'), got: '--no-such' },
      { field: '--log-level', expected: 'a value', got: 'nothing' },
      { field: '--port (PARALLAX_PORT)', expected: 'at most 65535', got: '"80801"' },
      { field: '--database-url (DATABASE_URL)', expected: 'a URL postgres://…', got: '"mysql://h"' },
      { field: '--paradigm (PARALLAX_PARADIGM)', expected: 'one of "sl", "cl", "mim", "dm"', got: 'nothing' },
      { field: '--encoders (PARALLAX_ENCODERS)', expected: 'a list NAME=host:port,…', got: '"sl"' },
    ]);
    expect(error.message.split('\n')[0]).toBe('7 configuration errors');
  });

  it('says which type was expected', () => {
    expect(failure(['--port', 'x', '--paradigm', 'sl']).violations).toEqual([
      { field: '--port (PARALLAX_PORT)', expected: 'a number', got: '"x"' },
    ]);
  });

  it('describes itself', () => {
    expect(describeConfig(schema)).toMatch(/--port +PARALLAX_PORT +port, 0 = any free \(default 50061\)/);
  });
});
