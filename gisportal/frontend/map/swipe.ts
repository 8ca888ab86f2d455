// One handle over the map: before on the reading side's start, after on its end.
import type VectorLayer from "ol/layer/Vector";
import type OlMap from "ol/Map";
import type RenderEvent from "ol/render/Event";
import { getRenderPixel } from "ol/render";

const STEP = 5;

function clip(event: RenderEvent, map: OlMap, from: number, to: number): void {
  const context = event.context as CanvasRenderingContext2D;
  const height = map.getSize()?.[1] ?? 0;
  const corners = [[from, 0], [to, 0], [to, height], [from, height]].map((pixel) => getRenderPixel(event, pixel));
  context.save();
  context.beginPath();
  corners.forEach(([x = 0, y = 0], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.clip();
}

export function wireSwipe(box: HTMLElement, map: OlMap, before: VectorLayer[], after: VectorLayer[]): void {
  const line = box.querySelector<HTMLElement>(".map-swipe-line");
  const handle = box.querySelector<HTMLElement>(".map-swipe-handle");
  if (!line || !handle) return;
  const rtl = getComputedStyle(box).direction === "rtl";
  let share = 0.38; // not the middle: the line would stand on the parcel's number

  const set = (value: number): void => {
    share = Math.min(1, Math.max(0, value));
    line.style.insetInlineStart = `${share * 100}%`;
    handle.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    map.render();
  };
  const edge = (): number => (map.getSize()?.[0] ?? 0) * (rtl ? 1 - share : share);
  const wire = (layer: VectorLayer, atStart: boolean): void => {
    layer.on("prerender", (event) => {
      const width = map.getSize()?.[0] ?? 0;
      const left = atStart !== rtl;
      clip(event, map, left ? 0 : edge(), left ? edge() : width);
    });
    layer.on("postrender", (event) => (event.context as CanvasRenderingContext2D).restore());
  };
  for (const layer of before) wire(layer, true);
  for (const layer of after) wire(layer, false);

  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const bounds = box.getBoundingClientRect();
    const fraction = (event.clientX - bounds.left) / bounds.width;
    set(rtl ? 1 - fraction : fraction);
  });
  handle.addEventListener("keydown", (event) => {
    const forward = rtl ? "ArrowLeft" : "ArrowRight";
    const back = rtl ? "ArrowRight" : "ArrowLeft";
    const moves: Record<string, number> = {
      [forward]: share + STEP / 100,
      [back]: share - STEP / 100,
      ArrowUp: share + STEP / 100,
      ArrowDown: share - STEP / 100,
      Home: 0,
      End: 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  });
  set(share);
}
