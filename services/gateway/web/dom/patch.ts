import type { AttributeValue, VirtualElement, VirtualNode } from './element.ts';

const svgNamespace = 'http://www.w3.org/2000/svg';

/** What an element was made from the last time: what is not in the next description is taken away. */
const descriptions = new WeakMap<Element, VirtualElement>();

/** Attributes whose initial value only HTML markup sets: later ones have to go to the property. */
const properties: ReadonlySet<string> = new Set(['checked', 'value']);

/**
 * Makes the children of an element what is described, changing as little as possible: focus, scroll position and loaded
 * images survive. Children are compared by position, which suits lists that only grow.
 */
export function patch(parent: Element, children: readonly VirtualNode[]): void {
  children.forEach((child, index) => {
    const current = parent.childNodes[index];
    const next = typeof child === 'string' ? patchText(current, child) : patchElement(parent, current, child);
    if (current === undefined) parent.append(next);
    else if (current !== next) current.replaceWith(next);
  });
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
}

function patchText(current: ChildNode | undefined, text: string): ChildNode {
  if (!(current instanceof Text)) return document.createTextNode(text);
  if (current.data !== text) current.data = text;
  return current;
}

function patchElement(parent: Element, current: ChildNode | undefined, next: VirtualElement): ChildNode {
  const kept = current instanceof Element && descriptions.get(current)?.tag === next.tag;
  const element = kept ? current : createElement(parent, next.tag);
  patchAttributes(element, descriptions.get(element), next);
  patchSpecial(element, descriptions.get(element), next);
  descriptions.set(element, next);
  patch(element, next.children);
  // After its options are there: a select cannot hold a value it does not offer.
  if (element instanceof HTMLSelectElement) element.value = String(next.attributes['value'] ?? '');
  return element;
}

function createElement(parent: Element, tag: string): Element {
  const inSvg = tag === 'svg' || parent.namespaceURI === svgNamespace;
  return inSvg ? document.createElementNS(svgNamespace, tag) : document.createElement(tag);
}

function patchAttributes(element: Element, before: VirtualElement | undefined, next: VirtualElement): void {
  for (const name of Object.keys(before?.attributes ?? {})) {
    if (!isGiven(next.attributes[name])) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(next.attributes)) {
    if (properties.has(name)) Reflect.set(element, name, value);
    else if (isGiven(value) && before?.attributes[name] !== value) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}

function isGiven(value: AttributeValue): boolean {
  return value !== undefined && value !== false;
}

function patchSpecial(element: Element, before: VirtualElement | undefined, next: VirtualElement): void {
  const old = before?.special;
  for (const [name, listener] of Object.entries(old?.on ?? {})) element.removeEventListener(name, listener);
  for (const [name, listener] of Object.entries(next.special.on ?? {})) element.addEventListener(name, listener);
  if (!(element instanceof HTMLElement || element instanceof SVGElement)) return;
  for (const name of Object.keys(old?.style ?? {})) {
    if (next.special.style?.[name] === undefined) element.style.removeProperty(name);
  }
  for (const [name, value] of Object.entries(next.special.style ?? {})) {
    if (old?.style?.[name] !== value) element.style.setProperty(name, value);
  }
}
