// The parcel map: read-only, in the storage CRS, so that what is drawn is what was measured. See docs/components.md.
import { type MapData, ParcelMap, fontsLoaded } from "./map/parcel";
import { wirePins } from "./map/pins";

async function start(box: HTMLElement): Promise<void> {
  const note = box.querySelector<HTMLElement>("[data-map-note]");
  const holder = document.getElementById(box.dataset.source ?? "");
  if (!holder?.textContent) return;
  const data = JSON.parse(holder.textContent) as MapData;
  try {
    await fontsLoaded();
    const parcelMap = new ParcelMap(box, data);
    wirePins(box, parcelMap);
    parcelMap.map.once("rendercomplete", () => {
      note?.remove();
      box.dataset.ready = "true";
    });
  } catch (error) {
    console.error(error);
    if (note) note.textContent = data.words.error ?? "";
  }
}

for (const box of document.querySelectorAll<HTMLElement>("[data-parcel-map]")) void start(box);
