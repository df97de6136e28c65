import { defineConfig } from "vite";

// `npm run build` writes the page into the Python package, so that users need no Node.js. `npm run dev` serves the sources
// and hands the WebSocket to a running dashboard node (FER_DASHBOARD, by default the node's own default address).
const node = process.env["FER_DASHBOARD"] ?? "http://127.0.0.1:8765";

export default defineConfig({
  build: {
    outDir: "../fer_ros/dashboard/static",
    emptyOutDir: true,
    target: "es2022",
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
