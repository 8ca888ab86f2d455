// The page of what is kept: a list with its filters in the address, a place, and what is held; no word of its own.
import { type At, type Fold, folder, likeness, metres, shownDistance } from "./find";
import { type Said, type State, stateOf } from "./hours";
import type { Kept, Neighbourhood, Place } from "./store";

export interface Data {
  format: number;
  fold: Fold;
  said: Said & Record<string, string>;
}

interface Row {
  place: Place;
  held: Neighbourhood;
  state: State;
  m: number | null;
  worth: number;
}

const PAGE = 40;
const CHIPS: Record<State["kind"], [string, string]> = {
  open: ["chip-ok", "clock"],
  closed: ["chip-stop", "clock-off"],
  unknown: ["chip-neutral", "info"],
};

export function part<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

function copyOf(id: string): DocumentFragment {
  return part<HTMLTemplateElement>(document, `#${id}`).content.cloneNode(true) as DocumentFragment;
}

export function put(root: ParentNode, name: string, text: string): void {
  for (const one of root.querySelectorAll(`[data-f="${name}"]`)) one.textContent = text;
}

function showState(root: ParentNode, state: State, icons: string): void {
  const [chip, icon] = CHIPS[state.kind];
  part(root, '[data-f="chip"]').classList.add(chip);
  part<SVGUseElement>(root, '[data-f="use"]').setAttribute("href", `${icons}#${icon}`);
  put(root, "line", state.text);
}

function showActs(root: ParentNode, place: Place): void {
  const call = part<HTMLAnchorElement>(root, '[data-f="call"]');
  if (place.phone) call.href = `tel:${place.phone}`;
  else call.remove();
  part<HTMLAnchorElement>(root, '[data-f="go"]').href = place.geo;
}

export class View {
  private readonly query = new URLSearchParams(location.search);
  private readonly fold: (text: string) => string;
  private readonly icons: string;
  private readonly scope: string;

  constructor(private readonly box: HTMLElement, private readonly data: Data) {
    this.fold = folder(data.fold);
    this.icons = box.dataset.icons ?? "";
    this.scope = box.dataset.scope ?? "/";
  }

  show(kept: Kept[]): void {
    const held = kept.flatMap((one) => (one.held ? [one.held] : []));
    const uid = /places\/([0-9a-f-]{36})\/$/.exec(location.pathname)?.[1];
    const isList = [this.scope, this.box.dataset.keptAt].includes(location.pathname);
    if (uid && this.showPlace(uid, held)) return;
    part(this.box, "[data-empty]").hidden = isList && held.length > 0;
    if (held.length === 0 || !isList) return;
    this.showList(held);
  }

  // One place -------------------------------------------------------------------------------------------------------

  private showPlace(uid: string, held: Neighbourhood[]): boolean {
    const of = held.find((one) => one.places.some((place) => place.uid === uid));
    const place = of?.places.find((one) => one.uid === uid);
    if (!of || !place) return false;
    const copy = copyOf("kept-place");
    for (const name of ["name", "kind", "phone", "address", "wheelchair", "source"] as const) this.fact(copy, name, place[name]);
    put(copy, "at", `${place.lat.toFixed(6)}, ${place.lon.toFixed(6)}`);
    showState(copy, stateOf(place, of, Date.now(), this.data.said), this.icons);
    showActs(copy, place);
    part<HTMLAnchorElement>(copy, '[data-f="back"]').href = this.box.dataset.keptAt ?? this.scope;
    const hours = of.hours[place.hours] ?? {};
    this.showWeek(part(copy, '[data-f="week"]'), hours.week);
    this.showWeek(part(copy, '[data-f="ramadan"]'), hours.ramadan);
    if (!hours.ramadan) part(copy, '[data-f="ramadan-box"]').remove();
    this.fact(copy, "note", hours.note);
    this.fact(copy, "text", hours.text);
    const view = part(this.box, "[data-place-view]");
    view.replaceChildren(copy);
    view.hidden = false;
    document.title = place.name;
    this.tellWhen([of]);
    return true;
  }

  private fact(root: ParentNode, name: string, value: string | undefined): void {
    put(root, name, value ?? "");
    if (!value) for (const one of root.querySelectorAll(`[data-f="${name}"]`)) (one.closest("dl > div") ?? one).remove();
  }

  private showWeek(list: HTMLElement, rows: string[][] | undefined): void {
    if (!rows) return list.remove();
    for (const [days, spans, note] of rows) {
      const row = document.createElement("div");
      const [term, told] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = days ?? "";
      for (const span of (spans ?? "").split(" · ").filter(Boolean)) {
        const number = document.createElement("span");
        number.className = "number";
        number.dir = "ltr";
        number.textContent = span;
        if (told.childNodes.length) told.append(" · ");
        told.append(number);
      }
      told.append(told.childNodes.length && note ? ` ${note}` : (note ?? ""));
      row.append(term, told);
      list.append(row);
    }
  }

  private tellWhen(held: Neighbourhood[]): void {
    const { said } = this.data;
    const told = held.map((one) => {
      const cut = one.cut ? ` ${fill(said.cut, one.places.length)}` : "";
      return `${one.district.name}: ${(said.kept ?? "").replace("{date}", one.kept)}${cut}`;
    });
    part(this.box, "[data-when-text]").textContent = told.join(" ");
    part(this.box, "[data-when]").hidden = false;
    const notices = part(this.box, "[data-notices]");
    for (const [title, note] of held.flatMap((one) => one.notices)) {
      const line = document.createElement("p");
      line.className = "nearby-kept";
      line.textContent = [title, note].filter(Boolean).join(": ");
      notices.append(line);
    }
  }

  // The list --------------------------------------------------------------------------------------------------------

  private at(): At | null {
    const [lon, lat] = [Number(this.query.get("lon") || NaN), Number(this.query.get("lat") || NaN)];
    return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { lon, lat } : null;
  }

  private link(changes: Record<string, string | null>): string {
    const query = new URLSearchParams(this.query);
    for (const name of ["after", "n"]) query.delete(name);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    return `?${query}`;
  }

  private showList(held: Neighbourhood[]): void {
    const uid = this.query.get("district");
    const chosen = held.filter((one) => one.district.uid === uid);
    const of = chosen.length ? chosen : held;
    this.tellWhen(of);
    this.showForm(held);
    const rows = this.rows(of);
    this.showChips(of);
    part(this.box, "[data-count]").textContent = rows.length ? fill(this.data.said.number, rows.length) : (this.data.said.none ?? "");
    part(this.box, "[data-list-view]").hidden = false;
    const more = part(this.box, "[data-more]");
    let shown = 0;
    const next = () => {
      const list = part(this.box, "[data-rows]");
      const copies = rows.slice(shown, shown + PAGE).map((row, n) => this.row(row, shown + n + 1));
      const first = copies[0]?.querySelector("a");
      list.append(...copies);
      if (shown) first?.focus();
      shown += PAGE;
      more.hidden = shown >= rows.length;
    };
    part(more, "button").addEventListener("click", next);
    next();
  }

  private rows(held: Neighbourhood[]): Row[] {
    const asked = this.fold(this.query.get("q") ?? "");
    const [categories, kinds] = [codes(this.query.getAll("category")), codes(this.query.getAll("kind"))];
    const isOpenOnly = Boolean(this.query.get("open"));
    const [at, now, seen] = [this.at(), Date.now(), new Set<string>()];
    const found: Row[] = [];
    for (const one of held) {
      for (const place of one.places) {
        if (seen.has(place.uid)) continue; // on the border of two
        if (categories.length && !categories.includes(place.category)) continue;
        if (kinds.length && !kinds.includes(place.code ?? "")) continue;
        const worth = asked ? likeness(asked, place.folded ?? "") : 0;
        if (asked && !worth) continue;
        const state = stateOf(place, one, now, this.data.said);
        if (isOpenOnly && state.kind !== "open") continue;
        seen.add(place.uid);
        found.push({ place, held: one, state, worth, m: at ? metres(at, place) : null });
      }
    }
    const byName = new Intl.Collator(document.documentElement.lang).compare;
    return found.sort((a, b) => b.worth - a.worth || (a.m ?? 0) - (b.m ?? 0) || byName(a.place.name, b.place.name));
  }

  private row({ place, state, m }: Row, number: number): DocumentFragment {
    const copy = copyOf("kept-row");
    put(copy, "number", String(number));
    put(copy, "name", place.name);
    put(copy, "kind", place.kind ?? "");
    if (m !== null) {
      const [shown, isKm] = shownDistance(m);
      put(copy, "distance", (this.data.said[isKm ? "kilometres" : "metres"] ?? "").replace("{n}", shown));
    }
    part<HTMLAnchorElement>(copy, '[data-f="link"]').href = `${this.scope}places/${place.uid}/`;
    showState(copy, state, this.icons);
    showActs(copy, place);
    return copy;
  }

  private showForm(held: Neighbourhood[]): void {
    const form = part<HTMLFormElement>(this.box, "[data-kept-form]");
    part<HTMLInputElement>(form, "[name=q]").value = this.query.get("q") ?? "";
    const select = part<HTMLSelectElement>(form, "select");
    for (const one of held) select.add(new Option(one.district.name, one.district.uid));
    select.value = held.some((one) => one.district.uid === this.query.get("district")) ? (this.query.get("district") ?? "") : "";
    part(form, "[data-district-choice]").hidden = held.length < 2;
    for (const name of ["category", "kind", "open", "lon", "lat"]) {
      for (const value of this.query.getAll(name)) form.append(hidden(name, value));
    }
    const open = part<HTMLAnchorElement>(this.box, "[data-open-now]");
    const isOn = Boolean(this.query.get("open"));
    open.href = this.link({ open: isOn ? null : "now" });
    open.classList.toggle("nearby-on", isOn);
    if (isOn) open.setAttribute("aria-current", "true");
  }

  private showChips(held: Neighbourhood[]): void {
    const here = new Set(held.flatMap((one) => one.places.map((place) => place.category)));
    const asked = codes(this.query.getAll("category"));
    const chips = part(this.box, "[data-chips]");
    const add = (name: string, href: string, isOn: boolean) => {
      const link = document.createElement("a");
      link.className = `btn btn-pill${isOn ? " btn-primary" : ""}`;
      link.href = href;
      link.textContent = name;
      if (isOn) link.setAttribute("aria-current", "true");
      const item = document.createElement("li");
      item.append(link);
      chips.append(item);
    };
    add(this.data.said.all ?? "", this.link({ category: null, kind: null }), asked.length === 0);
    for (const [code, [name]] of Object.entries(held[0]?.words.categories ?? {})) {
      if (here.has(code)) add(name, this.link({ category: code, kind: null }), asked.includes(code));
    }
  }
}

export function fill(text: string | undefined, n: number): string {
  return (text ?? "").replace("{n}", n.toLocaleString("en"));
}

function codes(given: string[]): string[] {
  return given.flatMap((one) => one.split(",")).filter(Boolean);
}

function hidden(name: string, value: string): HTMLInputElement {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  return field;
}
