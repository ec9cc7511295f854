import type { Experiment } from '../api/messages.ts';
import { type Child, h, type VirtualElement } from '../dom/element.ts';
import type { Actions, PageState } from '../model/page-state.ts';
import { attackSection } from './attack-section.ts';
import { emptyState, unknownExperiment } from './empty-state.ts';
import { encoderSection } from './encoder-section.ts';
import { budget } from './format.ts';
import { header } from './header.ts';
import { imageSection } from './image-section.ts';
import { matrixSection } from './matrix-section.ts';
import { measureSection } from './measure-section.ts';
import { progressSection } from './progress-section.ts';
import { provenanceSection } from './provenance-section.ts';

/** The whole page. */
export function page(state: PageState, actions: Actions): readonly VirtualElement[] {
  const { experiment, problem } = state;
  return [
    header(state, actions),
    h('div', { class: 'notices', role: 'alert' }, problem !== undefined && h('p', { class: 'notice' }, problem)),
    h('main', {}, experiment === undefined ? withoutExperiment(state) : withExperiment(experiment, state, actions)),
  ];
}

function withoutExperiment({ loaded, wanted, experiments, connection }: PageState): Child {
  if (!loaded) return h('p', { class: 'placeholder' }, 'Connecting…');
  if (wanted === undefined && experiments.length === 0) return emptyState();
  if (wanted !== undefined && connection === 'ended') return unknownExperiment(wanted);
  return h('p', { class: 'placeholder' }, 'Loading…');
}

function withExperiment(experiment: Experiment, state: PageState, actions: Actions): Child {
  const { attacks } = experiment.plan;
  const chosen = attacks.find(({ name }) => name === state.selection.attack) ?? attacks[0];
  return [
    title(experiment),
    failure(experiment),
    progressSection(experiment),
    chosen !== undefined && matrixSection(experiment, state, chosen.name, actions),
    encoderSection(experiment),
    chosen !== undefined && imageSection(experiment, state, chosen.name, actions),
    measureSection(state),
    chosen !== undefined && attackSection(experiment, chosen.name),
    provenanceSection(experiment),
  ];
}

function title({ run, plan, result }: Experiment): VirtualElement {
  const balls = new Set(plan.attacks.flatMap(({ attack }) => (attack?.budget ? [budget(attack.budget)] : [])));
  const samples = result?.attackSamples || plan.attackSamples;
  const facts = [
    `${plan.encoders.length} encoders`,
    `${plan.attacks.length} attacks`,
    ...balls,
    samples > 0 && `${samples} images of ${plan.testDataset?.name}`,
    `seed ${plan.seed}`,
  ];
  return h(
    'div',
    { class: 'title' },
    h('h1', {}, plan.title || `Experiment ${run.id}`),
    h(
      'p',
      { class: 'facts-line' },
      facts.filter(Boolean).map((fact) => h('span', {}, fact as string)),
    ),
  );
}

function failure({ run }: Experiment): VirtualElement | undefined {
  if (run.error === undefined) return undefined;
  const { reason, message, fieldViolations } = run.error;
  return h(
    'div',
    { class: 'failure', role: 'alert' },
    h('p', {}, h('strong', {}, reason), ` ${message}`),
    fieldViolations.length > 0 &&
      h(
        'ul',
        {},
        fieldViolations.map(({ field, description }) => h('li', {}, h('code', {}, field), ` ${description}`)),
      ),
  );
}
