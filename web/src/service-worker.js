// Keeps the page for when there is no network, and never touches /api. Online it stays out of the way: the page itself
// comes from the network while there is one, and what never changes under its name comes from the cache.
const CACHE = "edgechat-{version}";
const FILES = {files};
const FOR_EVER = ["/app/*", "/vendor/*"].map((urlPattern) => ({ urlPattern }));

self.addEventListener("install", (event) => {
  // Where the browser can be told beforehand, it need not start this script for any of that.
  event.addRoutes?.([
    { condition: { or: [{ urlPattern: "/api/*" }, { requestMethod: "POST" }] }, source: "network" },
    { condition: { or: FOR_EVER }, source: { cacheName: CACHE } },
    { condition: { requestMode: "navigate" }, source: "race-network-and-fetch-handler" },
  ]);
  // The page has just loaded them: the browser's own cache has most.
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
