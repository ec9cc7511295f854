import type { AttackOutcome, Budget, Experiment } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import { budget, count, duration, percent, percentRange } from './format.ts';
import { section } from './section.ts';

/** What one attack did to each encoder, and whether what it did was found within the budget when measured again. */
export function attackSection(experiment: Experiment, attack: string): VirtualElement | undefined {
  const outcomes = experiment.result?.attacks.filter((outcome) => outcome.attack === attack) ?? [];
  const ball = experiment.plan.attacks.find(({ name }) => name === attack)?.attack?.budget;
  if (outcomes.length === 0) return undefined;
  const column = (name: string, kind = 'number') => h('th', { scope: 'col', class: kind }, name);
  return section(
    'attacks',
    'The attack itself',
    `${attack}: every example was measured again, apart from the attack, on the bytes that are stored.`,
    h(
      'div',
      { class: 'table-scroll' },
      h(
        'table',
        { class: 'data' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            column('Attacked encoder', ''),
            column('Right clean'),
            column('Robust accuracy'),
            column('as 8-bit image'),
            column(`Largest change${ball === undefined ? '' : `, ${budget(ball)}`}`),
            column('Over budget'),
            column('Gradients'),
            column('Time'),
          ),
        ),
        h(
          'tbody',
          {},
          outcomes.map((outcome) => outcomeRow(outcome, ball)),
        ),
      ),
    ),
    warnings(outcomes),
  );
}

function outcomeRow({ encoder, summary }: AttackOutcome, ball: Budget | undefined): VirtualElement {
  const number = (text: string | undefined, kind = '') => h('td', { class: `number ${kind}` }, text ?? '–');
  if (summary === undefined) return h('tr', {}, h('th', { scope: 'row' }, encoder));
  const { cleanCorrect, robust, robustUint8, budgetViolations, samples } = summary;
  return h(
    'tr',
    { 'data-attacked': encoder },
    h('th', { scope: 'row' }, encoder),
    number(cleanCorrect && `${percent(cleanCorrect.value)} %`),
    h(
      'td',
      { class: 'number' },
      robust && h('span', { class: 'strong' }, `${percent(robust.value)} %`),
      robust && h('span', { class: 'interval' }, ` ${percentRange(robust)}`),
    ),
    number(robustUint8 && `${percent(robustUint8.value)} %`),
    number(changeText(summary.largestNorm, ball)),
    number(`${budgetViolations} of ${samples}`, budgetViolations > 0 ? 'worse' : ''),
    number(count(Number(summary.backward))),
    number(duration(summary.attackSeconds)),
  );
}

/** A norm in the unit in which the ball is written. */
function changeText(norm: number, ball: Budget | undefined): string {
  if (ball?.norm === 'NORM_LINF') return `${(255 * norm).toFixed(2)}/255`;
  return norm.toPrecision(4);
}

function warnings(outcomes: readonly AttackOutcome[]): VirtualElement | undefined {
  const failed = outcomes.flatMap(({ encoder, summary }) =>
    (summary?.diagnostics ?? [])
      .filter(({ passed }) => !passed)
      .map(({ name, detail }) => `${encoder}, ${name}: ${detail}`),
  );
  return failed.length === 0
    ? undefined
    : h(
        'ul',
        { class: 'warnings' },
        failed.map((text) => h('li', {}, text)),
      );
}
