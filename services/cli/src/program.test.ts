import { expect, test } from 'vitest';
import { exitStatus } from './errors/report-error.ts';
import { runProgram } from './program.ts';
import { createTerminal } from './terminal/terminal.ts';

const { ok, misused: wrong, failed } = exitStatus;

/** Runs the program in this process, with no configuration from the environment. */
async function run(line: string) {
  const written = { output: '', errors: '' };
  const terminal = createTerminal(
    { write: (text) => (written.output += text) },
    { write: (text) => (written.errors += text) },
  );
  const env = { PARALLAX_HOME: '/no/such/home', PARALLAX_ENCODERS: 'sl=127.0.0.1:1' };
  const status = await runProgram(line.split(' '), { terminal, signal: new AbortController().signal, env });
  return { status, ...written };
}

test('the help names every command and shows examples', async () => {
  const { status, output } = await run('--help');
  expect(status).toBe(ok);
  for (const name of [
    'start',
    'up',
    'quickstart',
    'encoder',
    'probe',
    'attack',
    'verify',
    'transfer',
    'experiment',
    'grad-check',
  ]) {
    expect(output).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  }
  expect(output).toContain('Examples:');
});

/** Arguments, exit status, what the message says. No services run. */
const refused: readonly (readonly [string, number, RegExp])[] = [
  ['quickstart --dataset mnist', wrong, /--dataset: expected one of "cifar10", "shapes", got "mnist"/],
  ['quickstart --samples 0', wrong, /--samples: expected a whole number from 1 to \d+, got "0"/],
  ['quickstart --eps 0', wrong, /--eps: expected a radius greater than 0 and at most 1, such as 8\/255, got "0"/],
  ['quickstart --eps 300/255', wrong, /--eps: expected .* at most 1.*, got "300\/255"/],
  ['quickstart --eps much', wrong, /--eps: expected .*, got "much"/],
  ['quickstart --batch -4', wrong, /--batch: expected a whole number from 1 to 4096, got "-4"/],
  ['quickstart --seed -1', wrong, /--seed: expected a whole number .*, got "-1"/],
  ['quickstart --set fgsm.steps=1', wrong, /--set: expected ATTACK.OPTION=VALUE .* pgd, apgd-ce, got fgsm.steps/],
  ['quickstart --port 1', wrong, /unknown option '--port'/],
  ['up --only encoder,oracle', wrong, /--only: expected a list of encoder-sl, .*, got "encoder,oracle"/],
  ['up --port gateway=99999', wrong, /--port: expected NAME=PORT/],
  ['attack --encoder a --attack pgd', wrong, /--dataset: expected the name of a dataset, or --images .*, got neither/],
  ['attack --encoder a --attack pgd --images a.npy --dataset b', wrong, /--dataset: expected .*, got both/],
  ['attack --encoder a --attack pgd --labels a.npy', wrong, /--dataset: expected .*, got neither/],
  [
    'attack --encoder a --attack pgd --images /no/such.npy',
    wrong,
    /--images: expected a file that can be read, got \/no\/such.npy/,
  ],
  [
    'attack --encoder a --attack pgd --images package.json',
    failed,
    /package.json: expected a NumPy array, got something else/,
  ],
  [
    'attack --encoder a --attack pgd --dataset b --eps 0',
    wrong,
    /--eps: expected a radius greater than 0, such as 8\/255, or box, got "0"/,
  ],
  [
    'attack --encoder a --attack pgd --dataset b --selection best',
    wrong,
    /--selection: expected one of "verdict", "distance", "transfer", got "best"/,
  ],
  [
    'attack --encoder a --attack pgd --dataset b --verdict-rule all',
    wrong,
    /--verdict-rule: expected one of "majority", "any-draw", got "all"/,
  ],
  [
    'attack --encoder a --attack pgd --dataset b --verdict-draws 0',
    wrong,
    /--verdict-draws: expected a whole number from 1 to 1000, got "0"/,
  ],
  [
    'attack --encoder a --attack pgd --dataset b --selection transfer --plot p.svg',
    wrong,
    /--plot: expected none with --selection transfer, .*, got p.svg/,
  ],
  [
    'attack --encoder a --attack pgd --dataset b --targets cat',
    wrong,
    /--targets: expected one of least-likely, random, a list of classes such as 3,5,0, or a .npy file, got "cat"/,
  ],
  [
    'attack --encoder a,a --attack pgd --dataset shapes:test',
    wrong,
    /--encoder: expected a list of different encoders/,
  ],
  ['verify /no/such/record.jsonl', wrong, /record: expected a file that can be read, got \/no\/such\/record.jsonl/],
  ['verify package.json', failed, /records: line 1: expected JSON/],
  ['verify', wrong, /missing required argument 'record.jsonl'/],
  ['grad-check /no/such/model.onnx', wrong, /model: expected a file that can be read, got \/no\/such\/model.onnx/],
  ['grad-check package.json', wrong, /model: expected an ONNX model, got package.json: /],
  ['grad-check m.onnx --input-std 0', wrong, /--input-std: expected numbers greater than 0.*, got "0"/],
  ['grad-check m.onnx --input-shape 3,32', wrong, /--input-shape: expected channels, height and width/],
  ['grad-check m.onnx --engine x', wrong, /--engine: expected one of "onnxruntime", "tfjs", "tfjs-wasm", got "x"/],
  ['grad-check m.onnx --samples 0', wrong, /--samples: expected a whole number from 1 to 256, got "0"/],
  ['encoder import m.onnx', wrong, /required option '--name <name>' not specified/],
  ['encoder import m.onnx --name a --paradigm x', wrong, /--paradigm: expected one of "sl"/],
  ['encoder import m.onnx --name a --input-mean a,b', wrong, /--input-mean: expected numbers, one a channel/],
  ['encoder import package.json --name a', wrong, /model: expected an ONNX model, got package.json: /],
  ['frobnicate', wrong, /unknown command 'frobnicate'/],
  ['experiment run /no/such/plan.yaml', wrong, /plan: expected a file that can be read, got \/no\/such\/plan.yaml/],
  ['encoder list', failed, /no answer from 127.0.0.1:\d+.*start the services with: parallax up/s],
];

test.each(refused)('parallax %s', async (line, status, message) => {
  const outcome = await run(line);
  expect(outcome.errors).toMatch(message);
  expect(outcome.errors).not.toMatch(/^\s+at /m);
  expect(outcome.status).toBe(status);
});
