import type { Paradigm } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import { paradigmCode, paradigmName } from './format.ts';

/** A paradigm as a small coloured tag; its full name is there for whoever asks. */
export function paradigmTag(paradigm: Paradigm): VirtualElement {
  const code = paradigmCode(paradigm);
  return h('abbr', { class: `tag tag-${code.toLowerCase()}`, title: paradigmName(paradigm) }, code);
}
