// Serves both pages, compressed as a CDN does, and answers both of their chats with the same stream:
// node server.mjs PAGE REACT. Prints its address.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const TOKENS = 2000;
const PASSAGE = `## Tides

The **sea** rises and falls twice a day, as the moon *pulls* at it; see [the tables](https://example.org/tides).

- spring tides, at new and full moon
- neap tides, between them
- \`slack water\`, when nothing moves

| port | high | low |
| --- | --- | --- |
| Brest | 7.1 m | 1.1 m |
| Cuxhaven | 3.9 m | 0.5 m |

\`\`\`python
def height(hours: float, range: float) -> float:
    """Metres above low water."""
    return range / 2 * (1 + math.cos(2 * math.pi * hours / 12.42))
\`\`\`

Twelve hours and twenty-five minutes lie between one high water and the next, and nobody has ever been early.

`;
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".py": "text/x-python",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Text and wasm are compressed, zips are not: as Cloudflare does, and about as hard. */
function load(folder, prefix) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const type = TYPES[extname(path)];
      const data = readFileSync(path);
      const body = type ? brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }) : data;
      const headers = { "content-type": type ?? "application/octet-stream", "content-length": body.length };
      if (type) headers["content-encoding"] = "br";
      headers["cache-control"] = extname(path) === ".html" ? "no-cache" : "public, max-age=31536000, immutable";
      return [prefix + path.slice(folder.length).replace(/^\/|index\.html$/g, ""), { headers, body }];
    });
}

const event = (chunk) => `data: ${JSON.stringify(chunk)}\n\n`;
const pieces = PASSAGE.match(/\s*\S{1,6}|\s+$/g);
const deltas = Array.from({ length: TOKENS }, (_, number) => pieces[number % pieces.length]);
const tokens = deltas.map((delta) => event({ type: "text-delta", id: "t", delta }));
const head = (messageId) =>
  [{ type: "start", messageId }, { type: "start-step" }, { type: "text-start", id: "t" }].map(event).join("");
const tail = [{ type: "text-end", id: "t" }, { type: "finish-step" }, { type: "finish", finishReason: "stop" }]
  .map(event)
  .join("");

/** So many tokens in a second, each as soon as it is due; all at once for Infinity. */
function answer(response, rate) {
  response.writeHead(200, { "content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" });
  response.write(head(crypto.randomUUID()));
  const started = performance.now();
  let sent = 0;
  const send = () => {
    const due = Math.min(TOKENS, Math.floor(((performance.now() - started) / 1000) * rate));
    if (due > sent) response.write(tokens.slice(sent, due).join(""));
    sent = due;
    if (sent < TOKENS) return;
    clearInterval(timer);
    response.end(`${tail}data: [DONE]\n\n`);
  };
  const timer = setInterval(send, 1000 / rate);
}

// What else the chat page asks of its service.
const SERVICE = {
  "/api/chats": { chats: [], cursor: null },
  "/api/models": { default: "small", models: [{ id: "small" }] },
  "/api/session": {},
};

const [page, react] = process.argv.slice(2);
const files = new Map([...load(page, "/"), ...load(react, "/react/")]);
const server = createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  const file = files.get(path);
  if (file) return response.writeHead(200, file.headers).end(file.body);
  let body = "";
  for await (const text of request) body += text;
  if (path === "/api/chat") return answer(response, body.includes("paced") ? 200 : Infinity);
  const known = SERVICE[path];
  response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(known ?? {}));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
