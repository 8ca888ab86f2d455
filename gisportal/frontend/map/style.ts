// How parcels, streets and findings look: colours come from the page's tokens, so dark and light need no second set.
import type { FeatureLike } from "ol/Feature";
import { LineString, MultiPolygon, Point, Polygon } from "ol/geom";
import type Geometry from "ol/geom/Geometry";
import { Circle, Fill, Stroke, Style, Text } from "ol/style";

export type LayerName = "streets" | "neighbours" | "before" | "after" | "sides" | "points" | "findings" | "remarks";

export interface Palette {
  ink: string;
  land: string;
  street: string;
  edge: string;
  label: string;
  palm: string;
  soft: string;
  paper: string;
  warning: string;
  stop: string;
  sea: string;
  font: string;
}

export function palette(): Palette {
  const computed = getComputedStyle(document.documentElement);
  const token = (name: string): string => computed.getPropertyValue(name).trim();
  return {
    ink: token("--ink"),
    land: token("--map-land"),
    street: token("--map-street"),
    edge: token("--map-edge"),
    label: token("--map-label"),
    palm: token("--palm"),
    soft: token("--palm-soft"),
    paper: token("--paper"),
    warning: token("--warning"),
    stop: token("--stop"),
    sea: token("--sea"),
    font: '"IBM Plex Sans Arabic", system-ui, sans-serif',
  };
}

interface LabelLook {
  size?: number;
  weight?: number;
  colour: string;
  halo: string;
  along?: boolean;
}

function label(text: unknown, look: LabelLook, family: string): Text | undefined {
  if (typeof text !== "string" || text === "") return undefined;
  return new Text({
    text,
    font: `${look.weight ?? 400} ${look.size ?? 12}px ${family}`,
    fill: new Fill({ color: look.colour }),
    stroke: new Stroke({ color: look.halo, width: 3 }),
    placement: look.along ? "line" : "point",
    overflow: !look.along,
    textBaseline: look.along ? "bottom" : "middle",
  });
}

// The label of a ring belongs inside it, also where the ring is bent.
function inside(feature: FeatureLike): Geometry | undefined {
  const geometry = feature.getGeometry();
  if (geometry instanceof Polygon) return new Point(geometry.getInteriorPoint().getCoordinates());
  if (geometry instanceof MultiPolygon) return geometry.getInteriorPoints();
  return geometry as Geometry | undefined;
}

// What is a point, such as a place or an address, is a circle in the colour of its outline.
function parcel(feature: FeatureLike, fill: string, stroke: Stroke, text: Text | undefined): Style[] {
  const image = new Circle({ radius: 7, fill: new Fill({ color: stroke.getColor() ?? fill }), stroke: new Stroke({ color: fill, width: 2 }) });
  const styles = [new Style({ fill: new Fill({ color: fill }), stroke, image })];
  if (feature.getGeometry() instanceof Point) text?.setOffsetY(-18);
  if (text) styles.push(new Style({ geometry: () => inside(feature), text }));
  return styles;
}

function finding(feature: FeatureLike, colours: Palette, selected: boolean): Style[] {
  const bySeverity: Record<string, string> = { warning: colours.warning, info: colours.sea, ok: colours.sea };
  const colour = bySeverity[String(feature.get("severity"))] ?? colours.stop;
  const width = selected ? 6 : 3.5;
  const geometry = feature.getGeometry();
  const styles = [
    new Style({ stroke: new Stroke({ color: colours.paper, width: width + 3 }) }),
    new Style({ stroke: new Stroke({ color: colour, width, lineDash: selected ? undefined : [8, 6] }) }),
  ];
  if (geometry instanceof Polygon || geometry instanceof MultiPolygon) {
    styles[1]?.setFill(new Fill({ color: `${colour}38` })); // the tokens are #rrggbb; 38 is an alpha of 22 %
  }
  if (geometry instanceof Point) {
    const image = (radius: number, color: string): Circle => new Circle({ radius, fill: new Fill({ color }) });
    return [new Style({ image: image(selected ? 12 : 9, colours.paper) }), new Style({ image: image(selected ? 9 : 6, colour) })];
  }
  return styles;
}

// A remark is a pin with its number; one that is only being written has a colour of its own.
function remark(feature: FeatureLike, colours: Palette, selected: boolean): Style {
  const colour = { warning: colours.warning, typed: colours.sea }[String(feature.get("severity"))] ?? colours.palm;
  const text = new Text({
    text: String(feature.get("label") ?? ""),
    font: `600 13px ${colours.font}`,
    fill: new Fill({ color: colours.paper }),
  });
  const image = new Circle({ radius: selected ? 15 : 12, fill: new Fill({ color: colour }), stroke: new Stroke({ color: colours.paper, width: 3 }) });
  return new Style({ image, text });
}

// One style function for a layer; `selected` is the id of the feature that the page points at.
export function styleOf(
  layer: LayerName,
  colours: Palette,
  selected: () => string,
): (feature: FeatureLike, resolution: number) => Style | Style[] {
  const text = (feature: FeatureLike, look: LabelLook): Text | undefined =>
    label(feature.get("label"), look, colours.font);
  return (feature, resolution) => {
    const chosen = selected() !== "" && feature.getId() === selected();
    switch (layer) {
      case "streets": {
        const along = feature.getGeometry() instanceof LineString;
        const look = { colour: colours.label, halo: colours.street, size: 12, along };
        return parcel(feature, colours.street, new Stroke({ color: along ? "transparent" : colours.edge, width: 0.6 }), text(feature, look));
      }
      case "neighbours": {
        const shown = resolution < 0.9 ? text(feature, { colour: colours.label, halo: colours.land }) : undefined;
        return parcel(feature, colours.land, new Stroke({ color: colours.edge, width: 1 }), shown);
      }
      case "before":
        return parcel(
          feature,
          colours.soft,
          new Stroke({ color: colours.palm, width: chosen ? 5 : 3 }),
          text(feature, { colour: colours.palm, halo: colours.soft, weight: 600, size: 14 }),
        );
      case "after":
        return parcel(
          feature,
          colours.soft,
          new Stroke({ color: chosen ? colours.sea : colours.palm, width: chosen ? 5 : 2, lineDash: chosen ? undefined : [9, 5] }),
          feature.get("is_detail")
            ? text(feature, { colour: colours.palm, halo: colours.soft, size: 11 })
            : text(feature, { colour: colours.palm, halo: colours.soft, weight: 600, size: 14 }),
        );
      case "sides": {
        const shown = resolution < 0.35 ? text(feature, { colour: colours.ink, halo: colours.paper, size: 12, along: true }) : undefined;
        return new Style({ text: shown });
      }
      case "points": {
        const look = { colour: colours.sea, halo: colours.paper, size: 11 };
        const shown = resolution < 0.2 ? text(feature, look) : undefined;
        shown?.setOffsetY(-12);
        return new Style({ image: new Circle({ radius: 3, fill: new Fill({ color: colours.sea }) }), text: shown });
      }
      case "findings":
        return finding(feature, colours, chosen);
      case "remarks":
        return remark(feature, colours, chosen);
    }
  };
}
