// The map of all layers: tiles of ours only. What the map shows, the list beside it tells in words. See docs/how-to/tiles.md.
import type { FeatureLike } from "ol/Feature";
import MVT from "ol/format/MVT";
import TileLayer from "ol/layer/Tile";
import VectorTileLayer from "ol/layer/VectorTile";
import OlMap from "ol/Map";
import { transformExtent } from "ol/proj";
import VectorTileSource from "ol/source/VectorTile";
import XYZ from "ol/source/XYZ";
import View from "ol/View";

import { colour, type LayerData, lookOf, nameOf, paintKey } from "./explore/look";
import { scaleLine } from "./map/scale";

interface PageData {
  language: string;
  layers: LayerData[];
  parcel: string;
  words: Record<string, string>;
}
interface Found {
  layer: LayerData;
  properties: Record<string, unknown>;
}

const LISTED = 10;
const MOTION_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160;
const HIDDEN = new Set(["layer", "uid", "begin_lifespan_version", "end_lifespan_version"]);

function words(text: string | undefined, count?: number): string {
  return (text ?? "").replace("%(count)s", String(count ?? ""));
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text = "", className = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A value as people read it: hundredths are enough, and figures run from left to right.
function cell(value: unknown): HTMLElement {
  const text = value == null ? "" : typeof value === "number" ? String(Math.round(value * 100) / 100) : String(value);
  const made = element("td");
  made.append(/^[+\d][\d\s.,:/-]*$/.test(text) ? Object.assign(element("bdi", text, "number"), { dir: "ltr" }) : text);
  return made;
}

class Explorer {
  readonly map: OlMap;
  private readonly layers = new Map<string, VectorTileLayer>();
  private readonly ground = new TileLayer<XYZ>({ visible: false });
  private readonly found: HTMLElement;
  private home: number[] = [];

  constructor(
    private readonly box: HTMLElement,
    private readonly data: PageData,
  ) {
    this.found = box.querySelector<HTMLElement>("[data-explore-found]")!;
    for (const layer of data.layers) {
      this.layers.set(
        layer.code,
        new VectorTileLayer({
          source: new VectorTileSource({ format: new MVT({ idProperty: "uid" }), url: layer.tiles, maxZoom: Math.min(layer.maxZoom, 18), minZoom: layer.minZoom, tileSize: 512 }),
          visible: layer.on,
          minZoom: layer.minZoom, // below it the source would be asked for the whole world at its first zoom
          declutter: true,
        }),
      );
    }
    const target = box.querySelector<HTMLElement>(".map-view")!;
    this.map = new OlMap({
      target,
      keyboardEventTarget: target,
      controls: [scaleLine(box.querySelector<HTMLElement>(".map-scale")!, data.language)],
      layers: [this.ground, ...this.layers.values()],
      view: new View({ center: [0, 0], zoom: 2, maxZoom: 21, enableRotation: false }),
    });
    this.restyle();
    this.wire();
  }

  private restyle(): void {
    for (const layer of this.data.layers) {
      this.layers.get(layer.code)!.setStyle(lookOf(layer, this.data.language, this.ground.getVisible()));
      const key = this.box.querySelector<HTMLElement>(`[data-key="${CSS.escape(layer.code)}"]`);
      if (key) paintKey(key, layer);
    }
    this.box.querySelector<HTMLElement>(".map-view")!.style.background = colour("--map-street");
  }

  // Where the address says, else where the municipality lies.
  async place(bounds: string): Promise<void> {
    const answer = await fetch(bounds);
    const about = answer.ok ? ((await answer.json()) as { bounds?: number[] }) : {};
    this.home = transformExtent(about.bounds ?? [48, 22, 56, 28], "EPSG:4326", "EPSG:3857");
    const given = /^#(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(location.hash);
    this.fit(0);
    if (given) {
      const [lat = 0, lon = 0] = [Number(given[2]), Number(given[3])];
      const [x = 0, y = 0] = transformExtent([lon, lat, lon, lat], "EPSG:4326", "EPSG:3857");
      this.map.getView().setCenter([x, y]);
      this.map.getView().setZoom(Number(given[1]));
    }
    this.map.on("moveend", () => this.remember());
  }

  private fit(duration = MOTION_MS): void {
    this.map.getView().fit(this.home, { padding: [24, 24, 24, 24], duration });
  }

  private remember(): void {
    const view = this.map.getView();
    const [x = 0, y = 0] = view.getCenter() ?? [];
    const [lon = 0, lat = 0] = transformExtent([x, y, x, y], "EPSG:3857", "EPSG:4326");
    history.replaceState(null, "", `#${(view.getZoom() ?? 0).toFixed(1)}/${lat.toFixed(4)}/${lon.toFixed(4)}`);
  }

  private wire(): void {
    const view = this.map.getView();
    const zoom = (step: number) => () => view.animate({ zoom: (view.getZoom() ?? 0) + step, duration: MOTION_MS });
    const actions: Record<string, () => void> = { in: zoom(1), out: zoom(-1), fit: () => this.fit() };
    for (const button of this.box.querySelectorAll<HTMLElement>("[data-map-action]")) {
      button.addEventListener("click", () => actions[button.dataset.mapAction ?? ""]?.());
    }
    this.box.querySelector("form")!.addEventListener("change", (event) => this.choose(event.target as HTMLInputElement));
    this.box.querySelector("[data-explore-list]")!.addEventListener("click", () => void this.list());
    this.map.on("singleclick", (event) => this.identify(event.pixel));
    document.addEventListener("themechange", () => this.restyle());
    for (const input of this.box.querySelectorAll<HTMLInputElement>("form input:checked")) this.choose(input); // kept by the browser
  }

  private choose(input: HTMLInputElement): void {
    if (input.name === "layer") this.layers.get(input.value)?.setVisible(input.checked);
    if (input.name !== "ground" || !input.checked) return;
    this.ground.setSource(input.value ? new XYZ({ url: input.value, tileSize: 256, maxZoom: 19 }) : null);
    this.ground.setVisible(input.value !== "");
    this.restyle();
  }

  private identify(pixel: number[]): void {
    const seen = new Set<string>();
    const found: Found[] = [];
    this.map.forEachFeatureAtPixel(
      pixel,
      (feature: FeatureLike) => {
        const properties = feature.getProperties();
        const code = String(properties.layer).replace(/_labels$/, "");
        const layer = this.data.layers.find((known) => known.code === code);
        const key = `${code}:${String(feature.getId() ?? JSON.stringify(properties))}`;
        if (!layer || seen.has(key)) return;
        seen.add(key);
        found.push({ layer, properties: { ...properties, uid: feature.getId() } }); // the format took the id out of them
      },
      { hitTolerance: 6 },
    );
    this.tell(found, this.data.words.nothing);
  }

  // What the middle of the map shows, in words: from the same source as the tiles, for who cannot see or press the map.
  private async list(): Promise<void> {
    const extent = transformExtent(this.map.getView().calculateExtent(this.map.getSize()), "EPSG:3857", "EPSG:4326");
    const shown = this.data.layers.filter((layer) => this.layers.get(layer.code)?.getVisible());
    try {
      const pages = await Promise.all(shown.map((layer) => this.page(layer, extent)));
      this.tell(pages.flat(), this.data.words.nothing, pages.some((page) => page.length === LISTED));
    } catch (error) {
      console.error(error);
      this.found.replaceChildren(element("p", words(this.data.words.failed)));
    }
  }

  private async page(layer: LayerData, extent: number[]): Promise<Found[]> {
    const box = extent.map((value) => value.toFixed(6)).join(",");
    const answer = await fetch(`${layer.items}?f=json&limit=${LISTED}&bbox=${box}&skipGeometry=true`);
    if (!answer.ok) throw new Error(`${layer.code}: ${answer.status}`);
    const page = (await answer.json()) as { features: { properties: Record<string, unknown> }[] };
    return page.features.map((feature) => ({ layer, properties: feature.properties }));
  }

  private tell(found: Found[], otherwise = "", isCut = false): void {
    if (found.length === 0) {
      this.found.replaceChildren(element("p", otherwise, "muted"));
      return;
    }
    const list = element("div", "", "explore-list");
    list.append(element("p", words(this.data.words.found, found.length), "muted"));
    if (isCut) list.append(element("p", words(this.data.words.more, LISTED), "muted small"));
    for (const layer of this.data.layers) {
      const rows = found.filter((one) => one.layer === layer);
      if (rows.length > 0) list.append(this.table(layer, rows));
    }
    this.found.replaceChildren(list);
  }

  private table(layer: LayerData, rows: Found[]): HTMLElement {
    const section = element("section");
    section.append(element("h3", layer.title));
    const names = Object.keys(layer.fields).filter((name) => !HIDDEN.has(name) && rows.some((row) => row.properties[name] != null && row.properties[name] !== ""));
    const box = element("div", "", "explore-table");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", layer.title);
    const table = element("table");
    const head = element("tr");
    for (const name of names) head.append(element("th", layer.fields[name]));
    const isParcel = layer.code === "parcels";
    if (isParcel) head.append(element("th", words(this.data.words.open)));
    table.append(element("thead"));
    table.tHead!.append(head);
    const body = element("tbody");
    for (const row of rows) {
      const line = element("tr");
      for (const name of names) line.append(cell(layer.words[name]?.[String(row.properties[name])] ?? row.properties[name]));
      if (isParcel) line.append(this.parcelCell(row));
      body.append(line);
    }
    table.append(body);
    box.append(table);
    section.append(box);
    return section;
  }

  private parcelCell(row: Found): HTMLElement {
    const cell = element("td");
    if (typeof row.properties.uid === "string") {
      const link = element("a", nameOf(row.properties, "parcel_no", this.data.language) || words(this.data.words.open));
      link.href = `${this.data.parcel}${row.properties.uid}/`;
      cell.append(link);
    }
    return cell;
  }
}

async function start(box: HTMLElement): Promise<void> {
  const note = box.querySelector<HTMLElement>("[data-map-note]");
  const holder = document.getElementById(box.dataset.source ?? "");
  if (!holder?.textContent) return;
  const data = JSON.parse(holder.textContent) as PageData;
  try {
    await Promise.all(["400", "600"].map((weight) => document.fonts.load(`${weight} 12px "IBM Plex Sans Arabic"`, "قطعة 1m")));
    const explorer = new Explorer(box, data);
    await explorer.place(box.dataset.bounds ?? "");
    explorer.map.once("rendercomplete", () => {
      note?.remove();
      box.dataset.ready = "true";
    });
  } catch (error) {
    console.error(error);
    if (note) note.textContent = data.words.error ?? "";
  }
}

for (const box of document.querySelectorAll<HTMLElement>("[data-explore]")) void start(box);
