// Leaflet and the two plugins that folium's pages ask for, as files of our own; nothing in them is changed but the note
// on a source map that is not shipped.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const target = join(root, "gisportal", "static", "build", "leaflet");
const files = [
  "leaflet/dist/leaflet.js",
  "leaflet/dist/leaflet.css",
  "leaflet.markercluster/dist/leaflet.markercluster.js",
  "leaflet.markercluster/dist/MarkerCluster.css",
  "leaflet.markercluster/dist/MarkerCluster.Default.css",
  "leaflet.locatecontrol/dist/L.Control.Locate.min.js",
  "leaflet.locatecontrol/dist/L.Control.Locate.min.css",
];

mkdirSync(target, { recursive: true });
for (const file of files) {
  const text = readFileSync(join(root, "node_modules", file), "utf8");
  const name = file.slice(file.lastIndexOf("/") + 1);
  writeFileSync(join(target, name), text.replace(/\n?(\/\/|\/\*)# sourceMappingURL=.*/g, "\n"));
}
cpSync(join(root, "node_modules", "leaflet", "dist", "images"), join(target, "images"), { recursive: true });
