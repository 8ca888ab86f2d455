// Front-end build: a few entry files with fixed names; Django's storage adds the hashes when files are collected.
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

export default defineConfig({
  root: "gisportal/frontend",
  base: "./",
  publicDir: false,
  plugins: [tailwindcss()],
  build: {
    outDir: "../static/build",
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    target: "es2022",
    rollupOptions: {
      input: {
        site: "gisportal/frontend/site.ts",
        map: "gisportal/frontend/map.ts",
        case: "gisportal/frontend/case.ts",
        field: "gisportal/frontend/field.ts",
        live: "gisportal/frontend/live.ts",
        explore: "gisportal/frontend/explore.ts",
        nearby: "gisportal/frontend/nearby.ts",
        kiosk: "gisportal/frontend/kiosk.ts",
        kept: "gisportal/frontend/kept.ts",
        "nearby-more": "gisportal/frontend/nearby-more.ts",
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
