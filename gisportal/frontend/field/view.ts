// Small helpers of the page of a visit: the parts of its markup, and words with numbers in them.
export function part<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

export function copyOf(id: string): HTMLElement {
  const copy = part<HTMLTemplateElement>(document, `#${id}`).content.cloneNode(true) as DocumentFragment;
  return part(copy, "li");
}

export function put(root: ParentNode, name: string, text: string): void {
  for (const one of root.querySelectorAll(`[data-f="${name}"]`)) one.textContent = text;
}

// A field and its label of a copied row belong together by an id of their own.
export function labelled(root: ParentNode, name: string, id: string, text: string): HTMLInputElement & HTMLSelectElement {
  const field = part<HTMLInputElement & HTMLSelectElement>(root, `[data-f="${name}"]`);
  field.id = `${name}-${id}`;
  part<HTMLLabelElement>(root, `[data-f="${name}-label"]`).htmlFor = field.id;
  field.setAttribute("aria-label", text);
  return field;
}

export function fill(text: string | undefined, values: Record<string, string | number>): string {
  return Object.entries(values).reduce((filled, [name, value]) => filled.replace(`{${name}}`, String(value)), text ?? "");
}

export function optionsOf(select: HTMLSelectElement, options: [string, string][], chosen: string): void {
  select.replaceChildren(...options.map(([value, words]) => new Option(words, value, false, value === chosen)));
  select.value = options.some(([value]) => value === chosen) ? chosen : "";
}

// A text that is typed into is kept a moment after the last key, and at once when the field or the page is left.
export function typed(field: HTMLInputElement | HTMLTextAreaElement, keep: (text: string) => void): void {
  let timer = 0;
  const now = () => {
    clearTimeout(timer);
    timer = 0;
    keep(field.value);
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(now, 250);
  });
  field.addEventListener("change", now);
  addEventListener("pagehide", () => timer && now());
  document.addEventListener("visibilitychange", () => timer && now());
}
