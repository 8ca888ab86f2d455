// How a layer of tiles looks: colours are the page's tokens, so dark and light need no second set.
import type { FeatureLike } from "ol/Feature";
import { Circle, Fill, Stroke, Style, Text } from "ol/style";

export interface LayerData {
  code: string;
  title: string;
  tiles: string;
  items: string;
  minZoom: number;
  maxZoom: number;
  geometry: string;
  fill: string;
  line: string;
  width: number;
  opacity: number;
  label: string;
  labelZoom: number;
  on: boolean;
  fields: Record<string, string>;
  words: Record<string, Record<string, string>>;
}

const OVER_IMAGERY = 0.08;
const FONT = '"IBM Plex Sans Arabic", system-ui, sans-serif';

export function colour(token: string, opacity = 1): string {
  const name = token.startsWith("--") ? token : `--${token}`;
  const value = token === "" ? "" : getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  if (value === "" || opacity >= 1 || !/^#[0-9a-f]{6}$/i.test(value)) return value;
  return `${value}${Math.round(opacity * 255).toString(16).padStart(2, "0")}`;
}

// The name in the page's language, or what there is of it.
export function nameOf(properties: Record<string, unknown>, label: string, language: string): string {
  const other = language === "ar" ? "en" : "ar";
  const found = [`${label}_${language}`, `${label}_${other}`, label].map((key) => properties[key]);
  const text = found.find((value) => value !== undefined && value !== null && value !== "");
  return text === undefined ? "" : String(text);
}

// Over imagery the fill of an area is a breath only: the picture is seen, and a press inside still finds the feature.
export function lookOf(layer: LayerData, language: string, overImagery: boolean): (feature: FeatureLike, resolution: number) => Style | undefined {
  const line = layer.line ? new Stroke({ color: colour(layer.line), width: layer.width }) : undefined;
  const opacity = overImagery ? Math.min(layer.opacity, OVER_IMAGERY) : layer.opacity;
  const fill = layer.fill ? new Fill({ color: colour(layer.fill, opacity) }) : undefined;
  const halo = new Stroke({ color: colour("--paper"), width: 3 });
  const ink = new Fill({ color: colour("--ink") });
  const point = new Circle({ radius: Math.max(3, layer.width), fill: new Fill({ color: colour(layer.fill) }), stroke: new Stroke({ color: colour("--paper"), width: 1.5 }) });
  const labelBelow = resolutionOf(layer.labelZoom);
  const isArea = layer.geometry === "MultiPolygon";
  return (feature, resolution) => {
    const properties = feature.getProperties();
    const isLabel = properties.layer === `${layer.code}_labels`;
    if (isArea && !isLabel) return new Style({ fill, stroke: line });
    const words = resolution <= labelBelow && layer.label ? nameOf(properties, layer.label, language) : "";
    const along = layer.geometry === "MultiLineString";
    const text = words
      ? new Text({ text: words, font: `${isLabel ? 600 : 400} 12px ${FONT}`, fill: ink, stroke: halo, placement: along ? "line" : "point", offsetY: isArea || along ? 0 : 14 })
      : undefined;
    if (isLabel) return text ? new Style({ text }) : undefined;
    if (along) return new Style({ stroke: line, text });
    return new Style({ image: point, text, fill, stroke: line });
  };
}

// Metres a pixel of zoom z on tiles of 256 pixels, with half a zoom of room.
export function resolutionOf(z: number): number {
  return (156543.03392804097 / 2 ** z) * 1.5;
}

// The small mark beside a layer's name in the list.
export function paintKey(box: HTMLElement, layer: LayerData): void {
  const fill = colour(layer.fill, layer.opacity);
  const line = colour(layer.line);
  box.style.background = layer.geometry === "MultiLineString" ? line : fill || "transparent";
  box.style.border = layer.geometry === "MultiPolygon" && line ? `2px solid ${line}` : "0";
  box.style.borderRadius = layer.geometry === "Point" ? "50%" : "3px";
  box.style.inlineSize = layer.geometry === "Point" ? "14px" : "22px";
  box.style.blockSize = layer.geometry === "MultiLineString" ? "4px" : "14px";
}
