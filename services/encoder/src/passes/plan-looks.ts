import { preprocessingNotes } from '../encoders/preprocessing-notes.ts';
import type { OpenedScene } from '../requests/open-scene.ts';
import { placeSceneLook } from './value-and-gradient.ts';
import { buildable, type Workbench } from './workbench.ts';

/** What looks are like, to whoever plans with them. */
export interface LookPlan {
  /** Classes of the judge; absent without one. */
  readonly classes?: number;
  /** Whether looks depend on draws. */
  readonly stochastic: boolean;
  /** Passes that one draw of a look takes for one image. */
  readonly forward: number;
  readonly backward: number;
  /** What is done otherwise than the objective's name promises. */
  readonly notes: readonly string[];
  /** Runtime, version and device. */
  readonly engine: string;
}

/** Says what looks at a scene are like. @throws PreconditionError when the encoder cannot express the objective. */
export async function planLooks({ engine }: Workbench, scene: OpenedScene): Promise<LookPlan> {
  const place = async () => placeSceneLook(scene, { withGradient: false, withLogits: scene.judge !== undefined });
  const { classes, cost, notes, stage } = await buildable(place);
  return {
    ...(classes === undefined ? {} : { classes }),
    ...cost,
    stochastic: stage.draws.length > 0,
    notes: [...notes, ...preprocessingNotes(scene.encoder.manifest)],
    engine: engine.name,
  };
}
