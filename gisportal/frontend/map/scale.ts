// The bar of a map's scale, its unit in the language of the page.
import { ScaleLine } from "ol/control";

const UNITS_AR: Record<string, string> = { km: "كم", m: "م", cm: "سم", mm: "مم" };

export function scaleLine(target: HTMLElement, language: string): ScaleLine {
  if (language === "ar") {
    const inArabic = (): void => {
      const line = target.querySelector<HTMLElement>(".ol-scale-line-inner");
      const [, length, unit] = /^([\d.,]+) (\w+)$/.exec(line?.textContent ?? "") ?? [];
      if (line && unit && UNITS_AR[unit]) line.textContent = `${length} ${UNITS_AR[unit]}`;
    };
    new MutationObserver(inArabic).observe(target, { childList: true, subtree: true });
  }
  return new ScaleLine({ units: "metric", target, minWidth: 72 });
}
