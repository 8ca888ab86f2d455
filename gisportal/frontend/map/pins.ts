// Pins of a form: a place pressed on the map fills the fields that ask for it, and what they hold is shown there.
import Feature from "ol/Feature";
import { Point } from "ol/geom";

import { metresOf } from "./digits";
import type { ParcelMap } from "./parcel";

const CENTIMETRES = 2;

export function wirePins(box: HTMLElement, shown: ParcelMap): void {
  const ours = `[data-pin="${CSS.escape(box.id)}"]`;
  if (!document.querySelector(ours)) return;
  const hint = document.createElement("p");
  hint.className = "map-hint";
  hint.setAttribute("role", "status");
  box.append(hint);
  let asking: HTMLButtonElement | null = null;

  const draw = (): void => {
    const pins: Feature[] = [];
    for (const part of document.querySelectorAll<HTMLElement>(ours)) {
      const [x, y] = [metresOf(field(part, "east").value), metresOf(field(part, "north").value)];
      if (x === null || y === null) continue;
      const pin = new Feature(new Point([x, y]));
      pin.setProperties({ label: part.dataset.pinLabel ?? "", severity: "typed" });
      pins.push(pin);
    }
    shown.pin(pins);
  };

  const leave = (): void => {
    asking?.setAttribute("aria-pressed", "false");
    asking = null;
    shown.onPlace = null;
    hint.textContent = "";
    delete box.dataset.asks;
  };

  const take = (part: HTMLElement, button: HTMLButtonElement, [x = 0, y = 0]: number[]): void => {
    field(part, "east").value = x.toFixed(CENTIMETRES);
    field(part, "north").value = y.toFixed(CENTIMETRES);
    const place = part.querySelector<HTMLSelectElement>('[data-pin-field="place"]');
    if (place) place.value = "map";
    leave();
    draw();
    button.focus();
  };

  const ask = (part: HTMLElement, button: HTMLButtonElement): void => {
    leave();
    asking = button;
    button.setAttribute("aria-pressed", "true");
    hint.textContent = button.dataset.hint ?? "";
    box.dataset.asks = "true";
    shown.onPlace = (place) => take(part, button, place);
    const { top, bottom } = box.getBoundingClientRect();
    if (bottom < 160 || top > innerHeight - 160) box.scrollIntoView({ block: "center" });
  };

  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("[data-pick]");
    const part = button?.closest<HTMLElement>(ours);
    if (!button || !part) return;
    if (button === asking) leave();
    else ask(part, button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && asking) {
      const button = asking;
      leave();
      button.focus();
    }
  });
  document.addEventListener("input", (event) => {
    if ((event.target as Element).closest(ours)) draw();
  });
  // Parts that are added later are copies of a template.
  const templates = [...document.querySelectorAll("template")].map((one) => one.content);
  for (const root of [document, ...templates]) {
    for (const part of root.querySelectorAll<HTMLElement>("[data-pick-box]")) part.hidden = false;
  }
  draw();
}

function field(part: HTMLElement, name: string): HTMLInputElement {
  return part.querySelector<HTMLInputElement>(`[data-pin-field="${name}"]`)!;
}
