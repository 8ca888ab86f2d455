// The map of a visit: the registered land, the corners by their numbers, what was measured, and where the device is.
import Feature from "ol/Feature";
import { Circle as CircleShape, LineString, Point } from "ol/geom";
import VectorLayer from "ol/layer/Vector";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style, Text } from "ol/style";
import proj4 from "proj4";

import { type MapData, ParcelMap, fontsLoaded } from "../map/parcel";
import { palette } from "../map/style";
import type { Position, VisitData } from "./store";

export interface Shown {
  label: string;
  x: number;
  y: number;
  to?: [number, number] | undefined; // the registered corner that it belongs to
}

export class FieldMap {
  private readonly measured = new VectorSource();
  private readonly mine = new VectorSource();

  private constructor(
    private readonly map: ParcelMap,
    private readonly data: VisitData,
  ) {
    const colours = palette();
    const label = (text: string, colour: string, offset: number) =>
      new Text({ text, font: `600 15px ${colours.font}`, fill: new Fill({ color: colour }), stroke: new Stroke({ color: colours.paper, width: 4 }), offsetY: offset });
    const corners = new VectorSource({ features: data.corners.map((one) => named(new Point([one.x, one.y]), one.number)) });
    const ring = new Circle({ radius: 7, fill: new Fill({ color: colours.paper }), stroke: new Stroke({ color: colours.palm, width: 3 }) });
    map.map.addLayer(new VectorLayer({ source: corners, declutter: false, style: (one) => new Style({ image: ring, text: label(String(one.get("label")), colours.palm, -17) }) }));
    const cross = new RegularShape({ points: 4, radius: 9, radius2: 0, angle: 0, stroke: new Stroke({ color: colours.stop, width: 3 }) });
    map.map.addLayer(new VectorLayer({
      source: this.measured,
      style: (one) => new Style({ image: cross, stroke: new Stroke({ color: colours.stop, width: 2, lineDash: [5, 4] }), text: label(String(one.get("label") ?? ""), colours.stop, 17) }),
    }));
    const dot = new Circle({ radius: 8, fill: new Fill({ color: colours.sea }), stroke: new Stroke({ color: colours.paper, width: 3 }) });
    map.map.addLayer(new VectorLayer({ source: this.mine, style: new Style({ image: dot, fill: new Fill({ color: `${colours.sea}22` }), stroke: new Stroke({ color: colours.sea, width: 1 }) }) }));
  }

  static async draw(box: HTMLElement, data: VisitData, language: string, words: Record<string, string>): Promise<FieldMap | null> {
    const layers = data.map?.[language as "ar" | "en"];
    if (!layers) return null;
    await fontsLoaded();
    const known = { ...(layers as MapData["layers"]), points: { type: "FeatureCollection", features: [] } };
    const drawn = new FieldMap(new ParcelMap(box, { crs: data.crs, layers: known, fit: "subject", language, words }), data);
    box.dataset.ready = "true";
    return drawn;
  }

  showMeasured(points: Shown[]): void {
    this.measured.clear();
    for (const { label, x, y, to } of points) {
      this.measured.addFeature(named(new Point([x, y]), label));
      if (to) this.measured.addFeature(new Feature(new LineString([[x, y], to])));
    }
  }

  showMine(position: Position | null): void {
    this.mine.clear();
    if (!position) return;
    const [x, y] = proj4(this.data.crs.code, [position.lon, position.lat]);
    this.mine.addFeature(new Feature(new CircleShape([x, y], position.accuracy_m ?? 0)));
    this.mine.addFeature(new Feature(new Point([x, y])));
  }

  goTo(x: number, y: number): void {
    this.map.map.getView().animate({ center: [x, y], duration: 140 });
  }
}

function named(geometry: Point, label: string): Feature {
  const feature = new Feature(geometry);
  feature.set("label", label);
  return feature;
}

// A point of a named system in that of the register; null where this device does not know the way.
export function inRegister(data: VisitData, system: string, x: number, y: number): [number, number] | null {
  if (system === data.crs.code) return [x, y];
  const known = data.systems[system];
  if (!known) return null;
  try {
    const [east, north] = proj4(known, data.crs.proj4, [x, y]);
    return Number.isFinite(east) && Number.isFinite(north) ? [east, north] : null;
  } catch {
    return null;
  }
}
