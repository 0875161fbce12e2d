/** The element with this id; throws if the page has none of this kind. */
export function the<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id) as unknown;
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** Creates an element with a class and text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
