/** Value of an attribute; `false` and `undefined` leave it out, `true` writes it empty. */
export type AttributeValue = string | number | boolean | undefined;

/** What an element is told besides its attributes. */
export interface Special {
  /** Listeners by event name. */
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** CSS properties, set one by one: the page's policy forbids style attributes. */
  readonly style?: Readonly<Record<string, string>>;
}

/** A description of an element. */
export interface VirtualElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly special: Special;
  readonly children: readonly VirtualNode[];
}

/** A description of an element or a text. */
export type VirtualNode = VirtualElement | string;

/** What may stand among the children of an element; conditions can stand in place, and what is not there keeps it. */
export type Child = VirtualNode | number | false | undefined | readonly Child[];

/** Describes an element: `h('td', { class: 'cell', on: { focus } }, 'text')`. */
export function h(
  tag: string,
  { on, style, ...attributes }: Special & Readonly<Record<string, unknown>> = {},
  ...children: readonly Child[]
): VirtualElement {
  const special = { ...(on && { on }), ...(style && { style }) };
  return { tag, attributes: attributes as Record<string, AttributeValue>, special, children: flatten(children) };
}

function flatten(children: readonly Child[]): readonly VirtualNode[] {
  return children.flatMap((child): readonly VirtualNode[] => {
    // An empty text: what follows stays where it was when something appears before it.
    if (child === undefined || child === false) return [''];
    if (typeof child === 'number') return [String(child)];
    if (typeof child === 'string' || !isList(child)) return [child];
    return flatten(child);
  });
}

function isList(child: VirtualElement | readonly Child[]): child is readonly Child[] {
  return Array.isArray(child);
}
