// The locator without a network: the worker that keeps its pages, the button that keeps a neighbourhood, and the page
// that shows what is kept. Without script, or where a browser cannot keep anything, nothing of it is offered.
import * as store from "./kept/store";
import { type Data, View, fill, part, put } from "./kept/view";

const DECIMALS = 3;
const WAIT_MS = 10_000;
const app = document.querySelector<HTMLElement>("[data-nearby-app]");
const language = app?.dataset.language ?? "ar";
const given = document.querySelector("#kept-data");
const data: Data | null = given ? (JSON.parse(given.textContent ?? "") as Data) : null;

async function register(box: HTMLElement): Promise<void> {
  const isFirst = !navigator.serviceWorker.controller;
  await navigator.serviceWorker.register(box.dataset.worker ?? "", { scope: box.dataset.scope });
  const { active } = await navigator.serviceWorker.ready;
  if (isFirst) active?.postMessage({ type: "keep-page", address: location.href });
}

function say(box: ParentNode, text: string): void {
  part(box, "[data-keep-said]").textContent = text;
}

function problemOf(error: unknown, said: Record<string, string>): string {
  const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
  return said[isFull ? "full" : "failed"] ?? "";
}

function toldOf(one: store.Kept, said: Record<string, string>): string {
  if (!one.held) return said.old ?? "";
  const kept = (said.kept ?? "").replace("{date}", one.held.kept);
  const size = fill(said.size, Math.max(1, Math.round(one.bytes / 1024)));
  return `${kept} ${fill(said.number, one.held.places.length)}, ${size}`;
}

// On the list: keep this neighbourhood -----------------------------------------------------------------------------

function wireCard(card: HTMLElement, { format, said }: Data): void {
  const address = card.dataset.keep ?? "";
  const button = part<HTMLButtonElement>(card, "[data-keep-do]");
  const away = part<HTMLButtonElement>(card, "[data-keep-delete]");
  const told = part(card, "[data-keep-told]");
  const word = part(card, "[data-keep-word]");
  const first = word.textContent ?? "";
  const look = async () => {
    const one = (await store.all(language, format)).find((kept) => kept.address === address);
    away.hidden = told.hidden = !one;
    told.textContent = one ? toldOf(one, said) : "";
    word.textContent = one ? (word.dataset.again ?? "") : first;
  };
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    say(card, "");
    store.keep(language, address, format)
      .then(async () => {
        await look();
        say(card, said.done ?? "");
      })
      .catch((error: unknown) => say(card, problemOf(error, said)))
      .finally(() => button.removeAttribute("aria-busy"));
  });
  away.addEventListener("click", () => {
    void store.forget(language, address).then(async () => {
      await look();
      say(card, said.gone ?? "");
      button.focus();
    });
  });
  void look().then(() => { card.hidden = false; });
}

// On the page of what is kept ---------------------------------------------------------------------------------------

async function showHeld(box: HTMLElement, { format, said }: Data, kept: store.Kept[]): Promise<void> {
  const held = part(box, "[data-held]");
  const rows = kept.map((one) => {
    const copy = part<HTMLTemplateElement>(document, "#kept-held").content.cloneNode(true) as DocumentFragment;
    put(copy, "name", one.held?.district.name ?? "");
    put(copy, "told", toldOf(one, said));
    const renew = part<HTMLButtonElement>(copy, '[data-f="renew"]');
    renew.addEventListener("click", () => {
      renew.setAttribute("aria-busy", "true");
      store.keep(language, one.address, format)
        .then(() => location.reload())
        .catch((error: unknown) => say(held, problemOf(error, said)))
        .finally(() => renew.removeAttribute("aria-busy"));
    });
    part(copy, '[data-f="forget"]').addEventListener("click", () => {
      void store.forget(language, one.address).then(() => location.reload());
    });
    return copy;
  });
  part(held, "[data-held-rows]").replaceChildren(...rows);
  const pages = await store.pagesKept(language);
  const line = part(held, "[data-pages]");
  line.textContent = fill(said.pages, pages);
  line.hidden = pages === 0;
  part(held, "[data-forget-all]").addEventListener("click", () => void store.forgetAll().then(() => location.reload()));
  held.hidden = kept.length === 0 && pages === 0;
}

function wirePosition(box: HTMLElement): void {
  const button = part<HTMLButtonElement>(box, "[data-kept-locate]");
  const problem = part(box, "[data-locate-problem]");
  if (!("geolocation" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    problem.hidden = true;
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const address = new URL(location.href);
        address.searchParams.set("lon", coords.longitude.toFixed(DECIMALS));
        address.searchParams.set("lat", coords.latitude.toFixed(DECIMALS));
        location.assign(address);
      },
      () => {
        button.removeAttribute("aria-busy");
        problem.hidden = false;
      },
      { enableHighAccuracy: false, maximumAge: 60_000, timeout: WAIT_MS },
    );
  });
}

async function begin(box: HTMLElement): Promise<void> {
  const card = document.querySelector<HTMLElement>("[data-keep]");
  if (card && data) wireCard(card, data);
  if (data && "keptPage" in box.dataset) {
    const kept = await store.all(language, data.format);
    new View(box, data).show(kept);
    wirePosition(box);
    await showHeld(box, data, kept);
  }
  await register(box);
}

if (app && store.canKeep()) {
  const start = () => void begin(app).catch(() => undefined); // a browser that keeps nothing is no fault of the page
  if (document.readyState === "complete") start();
  else addEventListener("load", start); // the list comes first
}
