import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

// `npm run build` writes two pages into the Python package, so that users need no Node.js: the robot's, and the one that
// needs no server (mode `alone`), to which `fer export --web` adds a model. `npm run dev` serves the sources of the first
// and hands the WebSocket to a running dashboard node (FER_DASHBOARD, by default the node's own default address).
const node = process.env["FER_DASHBOARD"] ?? "http://127.0.0.1:8765";
const target = "es2022";

/** LiteRT's interpreter beside the page: the variant that every browser runs, packed, as plain web servers pack nothing. */
function interpreter(): Plugin {
  const file = (ending: string) => readFileSync(`node_modules/@litertjs/core/wasm/litert_wasm_compat_internal.${ending}`);
  return {
    name: "interpreter",
    generateBundle() {
      const notice = "litert.js and litert.wasm.gz: LiteRT by Google, Apache-2.0, npm package @litertjs/core\n";
      this.emitFile({ type: "asset", fileName: "runtime/NOTICE.md", source: notice });
      this.emitFile({ type: "asset", fileName: "runtime/litert.js", source: file("js") });
      this.emitFile({ type: "asset", fileName: "runtime/litert.wasm.gz", source: gzipSync(file("wasm"), { level: 9 }) });
    },
  };
}

/** What the coloured faces are, and their licence. */
function font(): Plugin {
  const text = readFileSync("node_modules/@fontsource/noto-color-emoji/LICENSE", "utf-8");
  const notice = `The font of emoji (.woff): a part of Noto Color Emoji, npm package @fontsource/noto-color-emoji\n\n${text}`;
  return {
    name: "font",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "emoji_NOTICE.md", source: notice });
    },
  };
}

const alone = defineConfig({
  root: "alone",
  base: "./", // it may lie in any folder of a web server
  plugins: [interpreter(), font()],
  worker: { format: "iife", rollupOptions: { output: { entryFileNames: "engine.js" } } },
  build: {
    outDir: "../../fer_ros/core/exporting/page",
    emptyOutDir: true,
    target,
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: "NOTICE.md" },
    rollupOptions: { output: { entryFileNames: "page.js", assetFileNames: "page[extname]" } },
  },
});

const robot = defineConfig({
  plugins: [font()],
  build: {
    outDir: "../fer_ros/dashboard/static",
    emptyOutDir: true,
    target,
    assetsInlineLimit: 0, // the Content-Security-Policy allows no inline code
    modulePreload: false,
    reportCompressedSize: true,
    license: { fileName: "NOTICE.md" },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/ws": { target: node, ws: true, rewriteWsOrigin: true },
      "/download": { target: node },
    },
  },
});

export default defineConfig(({ mode }) => (mode === "alone" ? alone : robot));
