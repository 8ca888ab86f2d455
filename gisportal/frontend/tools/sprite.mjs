// One SVG sprite with the Tabler outline icons that icons.json names, and nothing else.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const frontend = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(frontend, "..", "..", "node_modules", "@tabler", "icons", "icons", "outline");
const target = join(frontend, "..", "static", "build");
const { icons } = JSON.parse(readFileSync(join(frontend, "icons.json"), "utf8"));

const symbols = Object.entries(icons).map(([name, tabler]) => {
  const svg = readFileSync(join(source, `${tabler}.svg`), "utf8");
  const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "")}</symbol>`;
});
mkdirSync(target, { recursive: true });
writeFileSync(
  join(target, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.75" ` +
    `stroke-linecap="round" stroke-linejoin="round">${symbols.join("")}</svg>\n`,
);
