import { type Dataset, openDataset } from '@parallax/datasets';
import {
  type AttackOutcome,
  CellOutcome,
  type EncoderOutcome,
  Stage,
} from '@parallax/proto/parallax/experiment/v1/experiment';
import { proportion } from '@parallax/statistics';
import { ask, countCorrect } from './ask.ts';
import type { CarriedOut } from './carried-out.ts';
import { record } from './record.ts';
import { attackedDataset } from './samples.ts';
import { makeStrip } from './strip.ts';

/** What every encoder of the plan answers on one set of images, in the order of the plan. */
type Answers = readonly (readonly number[])[];

/** Fourth stage: every encoder is asked about the clean images, and about the examples found on each encoder. */
export async function transfer(experiment: CarriedOut): Promise<void> {
  const { plan, notebook, datasets } = experiment;
  const { attacks } = notebook.result;
  await notebook.begin(Stage.TRANSFER, plan.encoders.length * (1 + attacks.length));
  const clean = await openDataset((await attackedDataset(experiment)).name, datasets);
  const onClean = await askAll(experiment, clean, { attack: '', source: '' });
  for (const outcome of attacks) {
    const adversarial = await openDataset(`artifact:${outcome.adversarialSetDigest}`, datasets);
    const onAdversarial = await askAll(experiment, adversarial, { attack: outcome.attack, source: outcome.encoder });
    await addStrip(experiment, outcome, { clean, adversarial, onClean, onAdversarial });
  }
}

async function askAll(
  experiment: CarriedOut,
  dataset: Dataset,
  { attack, source }: { readonly attack: string; readonly source: string },
): Promise<Answers> {
  const { plan, notebook } = experiment;
  const answers: (readonly number[])[] = [];
  for (const [index, planned] of plan.encoders.entries()) {
    const known = knownEncoder(notebook.result.encoders, index);
    const label = attack === '' ? `${planned.name} on clean images` : `${planned.name} on ${source} / ${attack}`;
    const classes = await notebook.item(label, () => ask(experiment, planned, known, dataset));
    const accuracy = proportion(countCorrect(classes, dataset), dataset.length);
    const cell = CellOutcome.create({ attack, source, target: planned.name, accuracy });
    await notebook.note({ cells: [...notebook.result.cells, cell] });
    await record(experiment);
    answers.push(classes);
  }
  return answers;
}

function knownEncoder(encoders: readonly EncoderOutcome[], index: number): EncoderOutcome {
  const known = encoders[index];
  if (known === undefined) throw new Error(`transfer: encoder ${index} of the plan has not been trained`);
  return known;
}

async function addStrip(
  { plan, notebook, artifacts }: CarriedOut,
  { attack, encoder }: AttackOutcome,
  sets: {
    readonly clean: Dataset;
    readonly adversarial: Dataset;
    readonly onClean: Answers;
    readonly onAdversarial: Answers;
  },
): Promise<void> {
  const strip = await makeStrip(artifacts, {
    ...sets,
    attack,
    source: encoder,
    count: plan.stripSamples,
    encoders: plan.encoders.map(({ name }) => name),
  });
  await notebook.note({ strips: [...notebook.result.strips, strip] });
}
