import { Command } from 'commander';
import { addAttack } from './commands/attack.ts';
import { addDatabase } from './commands/database.ts';
import { addEncoder } from './commands/encoder.ts';
import { addEngines } from './commands/engines.ts';
import { addExperiment } from './commands/experiment.ts';
import { addGradCheck } from './commands/grad-check.ts';
import { addProbe } from './commands/probe.ts';
import { addQuickstart } from './commands/quickstart.ts';
import { addStart } from './commands/start.ts';
import { addTransfer } from './commands/transfer.ts';
import { addUp } from './commands/up.ts';
import { addVerify } from './commands/verify.ts';
import { loadCliConfig, type Variables } from './config.ts';
import { describeError, type ExitStatus, exitStatus, exitStatusOf } from './errors/report-error.ts';
import { recordedAddresses } from './local/service-record.ts';
import type { Shell } from './shell.ts';
import type { Terminal } from './terminal/terminal.ts';
import { version } from './version.ts';

/** What the program needs of its process. */
export interface ProgramEnvironment {
  readonly terminal: Terminal;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly env: Variables;
}

const examples = `
Examples:
  parallax start                          run everything on this machine, do the quickstart, keep the pages up
  parallax start --exit --out q.json      the same, then stop
  parallax up                             only run the services
  parallax quickstart --samples 50        with services running: four encoders, their attacks, the transfer matrix
  parallax encoder list
  parallax encoder import model.onnx --name mine --input-mean 0.49,0.48,0.45 --input-std 0.25,0.24,0.26
  parallax attack --encoder sl-tiny-cifar10 --attack pgd --norm linf --eps 8/255 --dataset cifar10:test:0-200

State lives in --home (default .parallax). Commands find the services that \`parallax up\` runs on the same home; others
are named by PARALLAX_ENCODERS (sl=host:port,…), PARALLAX_ATTACK, PARALLAX_PROBE, PARALLAX_METRICS, PARALLAX_EXPERIMENT.
Exit status: 0 done, 1 failed, 2 wrong input, 130 interrupted.`;

const commands = [
  addStart,
  addUp,
  addDatabase,
  addQuickstart,
  addEncoder,
  addProbe,
  addAttack,
  addVerify,
  addTransfer,
  addExperiment,
  addEngines,
  addGradCheck,
];

/** Runs the command named by the arguments and resolves to the exit status. Never throws. */
export async function runProgram(argv: readonly string[], environment: ProgramEnvironment): Promise<ExitStatus> {
  const { terminal } = environment;
  const program = createProgram(environment);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitStatus.ok;
  } catch (thrown) {
    const status = exitStatusOf(thrown);
    // The parser has written about its own errors already.
    if (!isParserError(thrown)) terminal.note(`parallax: ${describeError(thrown)}`);
    if (program.opts()['debug'] === true && thrown instanceof Error) terminal.note(thrown.stack ?? '');
    return status;
  }
}

function createProgram({ terminal, signal, env }: ProgramEnvironment): Command {
  const program = new Command('parallax');
  program
    .description(
      'Looks at the same images through four learning paradigms, attacks what they see, and shows what survives.',
    )
    .version(version)
    .option('--home <dir>', 'folder of all state (PARALLAX_HOME)')
    .option('--data-dir <dir>', 'folder of the data sets (PARALLAX_DATA)')
    .option('--debug', 'show stack traces')
    .addHelpText('after', examples)
    .showHelpAfterError('(parallax --help shows all commands)')
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .exitOverride();
  const shell: Shell = { terminal, signal, env, config: () => configOf(program.opts(), env) };
  for (const add of commands) add(program, shell);
  return program;
}

async function configOf(flags: { readonly home?: string; readonly dataDir?: string }, env: Variables) {
  const chosen = { home: flags.home, dataDir: flags.dataDir };
  const { home } = loadCliConfig(chosen, env);
  return loadCliConfig(chosen, { ...(await recordedAddresses(home)), ...env });
}

function isParserError(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('commander.');
}
