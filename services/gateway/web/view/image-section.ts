import type { Budget, Experiment, ImageStrip, TensorArtifact } from '../api/messages.ts';
import { type Child, h, type VirtualElement } from '../dom/element.ts';
import { differenceAddress, imageAddress } from '../model/image-address.ts';
import type { Actions, PageState } from '../model/page-state.ts';
import { choice } from './choice.ts';
import { section } from './section.ts';

/** Clean and adversarial images of one source encoder, what changed between them, and what every encoder takes them for. */
export function imageSection(
  experiment: Experiment,
  { selection }: PageState,
  attack: string,
  { select }: Actions,
): VirtualElement {
  const strips = experiment.result?.strips.filter((strip) => strip.attack === attack) ?? [];
  const strip = strips.find(({ source }) => source === selection.source) ?? strips[0];
  const ball = experiment.plan.attacks.find(({ name }) => name === attack)?.attack?.budget;
  const sources = strips.map(({ source }) => ({ value: source, label: `on ${source}` }));
  return section(
    'images',
    'What the attack changed',
    `Examples of ${attack}: the image, what became of it, and the change, amplified.`,
    strip === undefined
      ? h('p', { class: 'placeholder' }, 'Images appear here as soon as the first encoder has been attacked.')
      : [
          choice('Attacked encoder', 'source', sources, strip.source, (value) => select({ source: value })),
          h('div', { class: 'table-scroll' }, stripTable(strip, ball)),
        ],
  );
}

function stripTable(strip: ImageStrip, ball: Budget | undefined): VirtualElement {
  const { clean, adversarial, labels, predictions, source } = strip;
  const gain = gainFor(ball);
  return h(
    'table',
    { class: 'strip' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, 'class'),
        labels.map((label) => h('th', { scope: 'col' }, className(strip, label))),
      ),
    ),
    h(
      'tbody',
      {},
      imageRow('clean', strip, (index) => clean && imageAddress(clean, index)),
      imageRow('adversarial', strip, (index) => adversarial && imageAddress(adversarial, index)),
      imageRow(gain === undefined ? 'change' : `change ×${Math.round(gain)}`, strip, (index) =>
        changeAddress(clean, adversarial, index, gain),
      ),
    ),
    h(
      'tbody',
      { class: 'predictions' },
      h('tr', {}, h('th', { scope: 'rowgroup', colspan: labels.length + 1 }, 'The adversarial image is taken for')),
      predictions.map((prediction) => predictionRow(strip, prediction, prediction.encoder === source)),
    ),
  );
}

function changeAddress(
  clean: TensorArtifact | undefined,
  adversarial: TensorArtifact | undefined,
  index: number,
  gain: number | undefined,
): string | undefined {
  return clean && adversarial && differenceAddress(clean, adversarial, index, gain);
}

/** In an L∞ ball, the gain that makes ±ε black and white; in other balls each image has its own. */
function gainFor(ball: Budget | undefined): number | undefined {
  return ball?.norm === 'NORM_LINF' && ball.epsilon > 0 ? Math.min(0.5 / ball.epsilon, 1000) : undefined;
}

function imageRow(name: string, strip: ImageStrip, address: (index: number) => string | undefined): VirtualElement {
  const images = strip.labels.map((label, index) => {
    const alt = `sample ${strip.sampleIds[index]}, ${className(strip, label)}: ${name}`;
    const src = address(index);
    return h('td', {}, src !== undefined && h('img', { src, alt, width: 32, height: 32, loading: 'lazy' }));
  });
  return h('tr', { class: 'images' }, h('th', { scope: 'row' }, name), images);
}

function predictionRow(
  strip: ImageStrip,
  { encoder, clean, adversarial }: ImageStrip['predictions'][number],
  attacked: boolean,
): VirtualElement {
  return h(
    'tr',
    { class: attacked ? 'attacked' : '', 'data-predictions': encoder },
    h('th', { scope: 'row' }, encoder, attacked && h('span', { class: 'note' }, 'attacked')),
    strip.labels.map((label, index) => verdict(strip, label, clean[index], adversarial[index])),
  );
}

/** A prediction with its judgement in words and sign, not in colour alone. */
function verdict(
  strip: ImageStrip,
  label: number,
  clean: number | undefined,
  adversarial: number | undefined,
): VirtualElement {
  if (adversarial === undefined) return h('td', {}, '–');
  const right = adversarial === label;
  const fooled = !right && clean === label;
  const kind = right ? 'right' : fooled ? 'fooled' : 'wrong';
  const explanations = {
    right: 'right',
    fooled: 'fooled: right on the clean image',
    wrong: `wrong on the clean image too: ${clean === undefined ? 'unknown' : className(strip, clean)}`,
  };
  const sign: Child = h(
    'span',
    { class: 'sign', 'aria-hidden': 'true' },
    { right: '✓', fooled: '✗', wrong: '·' }[kind],
  );
  return h(
    'td',
    { class: `verdict ${kind}`, title: explanations[kind] },
    sign,
    className(strip, adversarial),
    h('span', { class: 'unseen' }, ` (${explanations[kind]})`),
  );
}

function className({ classNames }: ImageStrip, index: number): string {
  return classNames[index] ?? `class ${index}`;
}
