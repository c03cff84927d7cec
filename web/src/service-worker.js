// Keeps the page for when there is no network. Online it stays out of the way: the network is asked first, and what never
// changes under its name comes from the browser's own cache. It never touches /api.
const CACHE = "edgechat-{version}";
const FILES = {files};

self.addEventListener("install", (event) => {
  event.addRoutes?.([
    { condition: { urlPattern: "/api/*" }, source: "network" },
    { condition: { requestMethod: "POST" }, source: "network" },
  ]);
  // All of them have just been loaded by the page: the browser's cache has them.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
  self.skipWaiting(); // names of files tell their content, so that the pages of two builds do not mix
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("edgechat-") && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
  const kept = () => caches.match(request.mode === "navigate" ? "/" : request, { cacheName: CACHE });
  event.respondWith(fetch(request).catch(async () => (await kept()) ?? Response.error()));
});
