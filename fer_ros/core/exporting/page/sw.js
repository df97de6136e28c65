/* Keeps the page for visits without a network. `fer export --web` writes RELEASE, its files and their number, before this. */
/* global RELEASE */
const HERE = new URL(self.registration.scope).pathname; // as of src/alone/here.ts: the server may have several such pages
const SHELLS = `fer-shell ${HERE} `;
const SHELL = SHELLS + RELEASE.version;
const LARGE = `fer-files ${HERE}`; // filled by the engine, as it fetches them
const at = (name) => new URL(name, self.registration.scope).href;

/** Keep a file as it is on the server, which the browser's own cache may have of an earlier export. */
async function keep(cache, name) {
  const answer = await fetch(at(name), { cache: "reload" });
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.clone().arrayBuffer()));
  const found = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  // As while an export is still on its way to the server: the browser tries again on the next visit.
  if (!answer.ok || !found.startsWith(RELEASE.sums[name] ?? "")) throw new Error(`${name} is of another export`);
  await cache.put(at(name), answer);
}

async function install() {
  const cache = await caches.open(SHELL);
  await Promise.all(RELEASE.shell.map((name) => keep(cache, name)));
  await self.skipWaiting();
}

self.addEventListener("install", (event) => event.waitUntil(install()));

async function tidy() {
  for (const name of await caches.keys()) if (name.startsWith(SHELLS) && name !== SHELL) await caches.delete(name);
  const large = await caches.open(LARGE);
  const current = new Set(RELEASE.large.map(at));
  for (const request of await large.keys()) if (!current.has(request.url)) await large.delete(request);
  await self.clients.claim();
}

self.addEventListener("activate", (event) => event.waitUntil(tidy()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(caches.open(SHELL).then(async (cache) => (await cache.match(request)) ?? fetch(request)));
});
