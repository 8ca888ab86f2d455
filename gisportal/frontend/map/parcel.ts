// A map of parcels in the storage CRS, so that what is drawn is what was measured: of a case and of a visit to its land.
import GeoJSON from "ol/format/GeoJSON";
import type { Coordinate } from "ol/coordinate";
import { buffer, createEmpty, extend, getHeight, getWidth, isEmpty } from "ol/extent";
import type { Extent } from "ol/extent";
import type Feature from "ol/Feature";
import VectorLayer from "ol/layer/Vector";
import OlMap from "ol/Map";
import { get as projectionOf } from "ol/proj";
import { register } from "ol/proj/proj4";
import VectorSource from "ol/source/Vector";
import View from "ol/View";
import proj4 from "proj4";

import { scaleLine } from "./scale";
import { type LayerName, palette, styleOf } from "./style";
import { wireSwipe } from "./swipe";

export interface MapData {
  crs: { code: string; proj4: string };
  layers: Partial<Record<LayerName, object>>;
  fit: "subject" | "all";
  language: string;
  words: Record<string, string>;
}

const ORDER: LayerName[] = ["streets", "neighbours", "before", "after", "sides", "points", "findings", "remarks"];
const NOTHING = { type: "FeatureCollection", features: [] };
const PADDING_PX = 56;
const LEAST_M = 60; // of the ground around a point, which has no extent of its own
const MOTION_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140;

export class ParcelMap {
  readonly map: OlMap;
  private readonly layers = new Map<LayerName, VectorLayer>();
  private selected = "";
  // Whoever asked for a place gets the next press on the map.
  onPlace: ((place: Coordinate) => void) | null = null;

  constructor(
    private readonly box: HTMLElement,
    private readonly data: MapData,
  ) {
    proj4.defs(data.crs.code, data.crs.proj4);
    register(proj4);
    const projection = projectionOf(data.crs.code);
    if (!projection) throw new Error(`unknown projection ${data.crs.code}`);
    const format = new GeoJSON({ dataProjection: projection, featureProjection: projection });
    for (const name of ORDER) {
      const features = format.readFeatures(data.layers[name] ?? NOTHING);
      this.layers.set(name, new VectorLayer({ source: new VectorSource({ features }), declutter: name === "sides" || name === "neighbours" }));
    }
    const target = box.querySelector<HTMLElement>(".map-view")!;
    this.map = new OlMap({
      target,
      keyboardEventTarget: target,
      controls: [],
      layers: [...this.layers.values()],
      view: new View({ projection, center: [0, 0], resolution: 1, minResolution: 0.005, maxResolution: 200, enableRotation: false, constrainResolution: false }),
    });
    this.map.addControl(scaleLine(box.querySelector<HTMLElement>(".map-scale")!, data.language));
    this.restyle();
    this.wire();
    this.fit(0);
  }

  // Show pins that are not kept yet beside those that are.
  pin(pins: Feature[]): void {
    const source = this.layer("remarks").getSource()!;
    source.removeFeatures(source.getFeatures().filter((one) => one.get("severity") === "typed"));
    source.addFeatures(pins);
  }

  private layer(name: LayerName): VectorLayer {
    return this.layers.get(name)!;
  }

  private restyle(): void {
    const colours = palette();
    for (const name of ORDER) this.layer(name).setStyle(styleOf(name, colours, () => this.selected));
  }

  private extentOf(names: LayerName[]): Extent {
    const extent = createEmpty();
    for (const name of names) {
      const part = this.layer(name).getSource()!.getExtent();
      if (part && !isEmpty(part)) extend(extent, part);
    }
    return extent;
  }

  fit(duration = MOTION_MS): void {
    const subject = this.extentOf(["before", "after", "findings", "remarks"]);
    const extent = this.data.fit === "all" || isEmpty(subject) ? this.extentOf(ORDER) : subject;
    const isPoint = !isEmpty(extent) && getWidth(extent) === 0 && getHeight(extent) === 0;
    this.zoomTo(isPoint ? buffer(extent, LEAST_M / 2) : extent, duration, isPoint ? 0 : 0.35);
  }

  // `margin` is a share of the extent's size left around it, so that the neighbours are seen.
  private zoomTo(extent: Extent, duration: number, margin: number): void {
    if (isEmpty(extent)) return;
    const around = Math.max(getWidth(extent), getHeight(extent), 4) * margin;
    const [west = 0, south = 0, east = 0, north = 0] = extent;
    this.map.getView().fit([west - around, south - around, east + around, north + around], {
      padding: [PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX],
      duration,
      minResolution: 0.01,
    });
  }

  // Point at a feature by its id, from the list beside the map; an empty id points at nothing.
  select(id: string): void {
    this.selected = id;
    for (const row of document.querySelectorAll<HTMLElement>(`[data-map-target="${CSS.escape(this.box.id)}"]`)) {
      const chosen = row.dataset.mapFeature === id;
      row.setAttribute("aria-pressed", String(chosen));
    }
    for (const layer of this.layers.values()) layer.changed();
  }

  show(id: string): void {
    for (const layer of this.layers.values()) {
      const feature = layer.getSource()!.getFeatureById(id);
      const geometry = Array.isArray(feature) ? undefined : feature?.getGeometry();
      if (!geometry) continue;
      this.select(id);
      this.zoomTo(geometry.getExtent(), MOTION_MS, 0.8);
      return;
    }
  }

  private wire(): void {
    const zoom = (step: number) => () => this.map.getView().animate({ zoom: (this.map.getView().getZoom() ?? 0) + step, duration: MOTION_MS });
    const actions: Record<string, () => void> = { in: zoom(1), out: zoom(-1), fit: () => this.fit() };
    for (const button of this.box.querySelectorAll<HTMLElement>("[data-map-action]")) {
      button.addEventListener("click", () => actions[button.dataset.mapAction ?? ""]?.());
    }
    document.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-map-target]");
      if (row?.dataset.mapTarget !== this.box.id) return;
      this.show(row.dataset.mapFeature ?? "");
      if (this.box.getBoundingClientRect().bottom < 80 || this.box.getBoundingClientRect().top > innerHeight - 80) {
        this.box.scrollIntoView({ block: "center" });
      }
    });
    this.map.on("singleclick", (event) => (this.onPlace ? this.onPlace(event.coordinate) : this.pick(event.pixel)));
    document.addEventListener("themechange", () => this.restyle());
    wireSwipe(this.box, this.map, [this.layer("before")], [this.layer("after"), this.layer("sides")]);
  }

  // A press on the map points at the row of the list that speaks of it.
  private pick(pixel: number[]): void {
    const id = this.map.forEachFeatureAtPixel(pixel, (feature) => feature.getId(), { hitTolerance: 8 });
    const row = id === undefined ? null : document.querySelector<HTMLElement>(`[data-map-feature="${CSS.escape(String(id))}"]`);
    this.select(row ? String(id) : "");
    row?.scrollIntoView({ block: "nearest" });
  }
}

// The labels of a canvas need their font before they are drawn.
export async function fontsLoaded(): Promise<void> {
  await Promise.all(["400", "600"].map((weight) => document.fonts.load(`${weight} 14px "IBM Plex Sans Arabic"`, "قطعة 1m")));
}
