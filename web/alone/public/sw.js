/* Keeps the page for visits without a network. `fer export --web` writes RELEASE, its files and their number, before this. */
/* global RELEASE */
const SHELL = `fer-shell-${RELEASE.version}`;
const LARGE = "fer-files"; // filled by the engine, as it fetches them
const at = (name) => new URL(name, self.registration.scope).href;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      // From the server: what the browser has of an earlier export would be kept as this one.
      .then((cache) => cache.addAll(RELEASE.shell.map((name) => new Request(at(name), { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

async function tidy() {
  for (const name of await caches.keys()) if (name.startsWith("fer-shell-") && name !== SHELL) await caches.delete(name);
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
