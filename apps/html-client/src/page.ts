/** Finds what index.html provides. A missing part is a mistake in the page, so it is reported at once. */

type ElementClass<T extends Element> = new () => T

function required<T extends Element>(
  found: Element | null | undefined,
  kind: ElementClass<T>,
  what: string,
): T {
  if (found instanceof kind) return found
  throw new Error(`index.html has no ${kind.name} ${what}`)
}

export function byId<T extends Element>(id: string, kind: ElementClass<T>): T {
  return required(document.getElementById(id), kind, `with the id "${id}"`)
}

export function field<T extends Element>(root: ParentNode, name: string, kind: ElementClass<T>): T {
  return required(root.querySelector(`[data-field="${name}"]`), kind, `with data-field="${name}"`)
}

/** A fresh copy of the one element inside `<template id>`. */
export function copyOfTemplate(id: string): HTMLElement {
  const { content } = byId(id, HTMLTemplateElement)
  return required(content.firstElementChild?.cloneNode(true) as Element | undefined, HTMLElement, `in #${id}`)
}

/** Writes text only where it differs: a mutation per second and card would be wasted layout work. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
