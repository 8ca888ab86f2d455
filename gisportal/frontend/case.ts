// The page of a case: one more row of remarks at once; without this the server adds it. Beyond the most it refuses.
function addRow(button: HTMLButtonElement, event: Event): void {
  const form = button.form;
  const template = form?.querySelector<HTMLTemplateElement>("template[data-remark-row]");
  if (!form || !template) return;
  const rows = form.querySelectorAll(".remark-row").length;
  if (rows >= Number(template.dataset.most)) return;
  event.preventDefault();
  const row = template.content.cloneNode(true) as DocumentFragment;
  fill(row, { __r__: String(rows), __k__: String(rows + Number(template.dataset.first)) });
  const first = row.querySelector<HTMLElement>("select, input, textarea");
  template.before(row);
  first?.focus();
}

// Put numbers where the template holds their places, in texts and in attributes.
function fill(part: DocumentFragment, numbers: Record<string, string>): void {
  const put = (text: string): string => text.replace(/__[rk]__/g, (name) => numbers[name] ?? name);
  const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.nodeValue = put(texts.currentNode.nodeValue ?? "");
  for (const element of part.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) element.setAttribute(name, put(value));
  }
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-add-remark]")) {
  button.addEventListener("click", (event) => addRow(button, event));
}
