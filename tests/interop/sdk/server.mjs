// A server made with the unmodified npm `ai`: node server.mjs [FOLDER]. Prints its address, and serves FOLDER too.
//
// POST /api/NAME answers as the script of that name; its model says what is written here.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import {
  convertToModelMessages,
  createUIMessageStream,
  createUIMessageStreamResponse,
  isStepCount,
  Output,
  streamText,
  tool,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { z } from "zod";
import { HeldStreams } from "./held_streams.mjs";

const MASKED = "Something went wrong.";
const usage = { inputTokens: { total: 3 }, outputTokens: { total: 5 } };
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// What a model says, as parts of a provider.
const say = (text, id = "t") => [
  { type: "text-start", id },
  ...text.split(/(?<= )/).map((delta) => ({ type: "text-delta", id, delta })),
  { type: "text-end", id },
];
const think = (text) => [
  { type: "reasoning-start", id: "r" },
  { type: "reasoning-delta", id: "r", delta: text },
  { type: "reasoning-end", id: "r", providerMetadata: { fake: { signature: "s" } } },
];
const call = (toolCallId, toolName, input) => {
  const json = JSON.stringify(input);
  return [
    { type: "tool-input-start", id: toolCallId, toolName },
    ...json.match(/.{1,4}/gs).map((delta) => ({ type: "tool-input-delta", id: toolCallId, delta })),
    { type: "tool-input-end", id: toolCallId },
    { type: "tool-call", toolCallId, toolName, input: json },
  ];
};

/** Says one answer for each step. A number is a pause, an Error is thrown, "hang" waits until the call is aborted. */
function model(...steps) {
  let step = 0;
  return new MockLanguageModelV4({
    doStream: async ({ abortSignal }) => ({ stream: play(steps[Math.min(step++, steps.length - 1)], abortSignal) }),
  });
}

function play(parts, abortSignal) {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue({ type: "stream-start", warnings: [] });
      for (const part of parts.flat()) {
        if (typeof part === "number") await pause(part);
        else if (part instanceof Error) controller.enqueue({ type: "error", error: part });
        else if (part === "hang") await new Promise((resolve) => abortSignal?.addEventListener("abort", resolve));
        else controller.enqueue(part);
        if (abortSignal?.aborted) return controller.error(abortSignal.reason);
      }
      const unified = parts.flat().some(({ type }) => type === "tool-call") ? "tool-calls" : "stop";
      controller.enqueue({ type: "finish", usage, finishReason: { unified, raw: unified } });
      controller.close();
    },
  });
}

const weather = tool({
  description: "The weather",
  inputSchema: z.object({ city: z.string() }),
  async *execute({ city }) {
    yield { city, sky: "looking" };
    yield { city, sky: "rain" };
  },
});
const broken = tool({
  inputSchema: z.object({}),
  execute() {
    throw new Error("column password_hash");
  },
});
const pay = tool({
  inputSchema: z.object({ amount: z.number() }),
  needsApproval: true,
  execute: ({ amount }) => `Paid ${amount}.`,
});
const askLocation = tool({ inputSchema: z.object({}) });

const held = new HeldStreams();
const dropped = new Set();
const slowly = Array.from({ length: 100 }, (_, number) => [
  { type: "text-delta", id: "t", delta: `w${number} ` },
  20,
]);
const slow = [{ type: "text-start", id: "t" }, ...slowly, { type: "text-end", id: "t" }];

async function text({ messages, signal, tools }, steps, response = {}) {
  const result = streamText({
    model: model(...steps),
    messages: await convertToModelMessages(messages),
    tools,
    abortSignal: signal,
    stopWhen: isStepCount(3),
    maxRetries: 0,
    onError() {},
  });
  return result.toUIMessageStreamResponse({
    originalMessages: messages,
    generateMessageId: () => `answer-${messages.length}`,
    onError: () => MASKED,
    ...response,
  });
}

const answersATool = (messages) =>
  messages.at(-1).role === "assistant" &&
  messages.at(-1).parts.some(({ state }) => state === "approval-responded" || state === "output-available");

const scripts = {
  chat: (request) => scripts.text(request),
  text: (request) =>
    text(request, [say("Zürich ist schön. 日本語 🎉\n\u2028 end")], {
      messageMetadata: ({ part }) =>
        part.type === "start" ? { model: "fake" } : part.type === "finish" ? { tokens: 5 } : undefined,
    }),
  "text-stream": () => streamText({ model: model(say("All of it.")), prompt: "x" }).toTextStreamResponse(),
  completion: ({ prompt }) =>
    streamText({ model: model(say(`${prompt}? Yes.`)), prompt }).toUIMessageStreamResponse(),
  object: ({ city }) => {
    const output = Output.object({ schema: z.object({ city: z.string(), sky: z.string() }) });
    const result = streamText({ model: model(say(`{"city": "${city}", "sky": "rain"}`)), prompt: "x", output });
    return result.toTextStreamResponse();
  },
  reasoning: (request) => text(request, [[think("Let me think."), say("Yes.")]]),
  tools: (request) =>
    text({ ...request, tools: { weather, broken } }, [
      [
        say("I look."),
        call("c1", "weather", { city: "Oslo" }),
        call("c2", "broken", {}),
        call("c3", "weather", { town: 1 }),
      ],
      say("It rains."),
    ]),
  approval: (request) =>
    text({ ...request, tools: { pay } }, [
      answersATool(request.messages) ? say("Done.") : [call("c1", "pay", { amount: 5 })],
    ]),
  "client-tool": (request) =>
    text({ ...request, tools: { ask_location: askLocation } }, [
      answersATool(request.messages) ? say("In Oslo.") : [call("c1", "ask_location", {})],
    ]),
  data: ({ messages, signal }) =>
    createUIMessageStreamResponse({
      stream: createUIMessageStream({
        originalMessages: messages,
        generateId: () => "answer-1",
        async execute({ writer }) {
          writer.write({ type: "start" });
          writer.write({ type: "data-status", id: "s", data: { step: 1 } });
          writer.write({ type: "data-hint", data: "soon", transient: true });
          writer.write({ type: "source-url", sourceId: "s1", url: "https://example.org/a", title: "A" });
          writer.write({ type: "file", mediaType: "image/png", url: "data:image/png;base64,AA==" });
          const result = streamText({ model: model(say("Hi")), prompt: "x", abortSignal: signal });
          writer.merge(result.toUIMessageStream({ sendStart: false, sendFinish: false }));
          await result.consumeStream();
          writer.write({ type: "data-status", id: "s", data: { step: 2 } });
          writer.write({ type: "finish", messageMetadata: { model: "fake" } });
        },
      }),
    }),
  error: (request) => text(request, [[say("So"), new Error("connection to 10.0.0.7 lost")]]),
  refused: () => new Response("Come back tomorrow.", { status: 429 }),
  abort: async (request) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 200);
    return text({ ...request, signal: controller.signal }, [[say("So far"), "hang"]]);
  },
  hang: (request) => text(request, [[say("So far"), "hang"]]),
  resume: (request) =>
    text({ ...request, signal: undefined }, [slow], {
      consumeSseStream: ({ stream }) => held.hold(request.id, stream),
    }),
  // As `resume`, but the connection of the first answer breaks in its middle.
  drop: async (request) => {
    const response = await scripts.resume(request);
    dropped.add(request.id);
    return response;
  },
};

async function answer(request, response, path) {
  const left = new AbortController();
  response.on("close", () => left.abort());
  const [, , name, id, stream] = path.split("/");
  let made;
  if (request.method === "GET" && stream === "stream") {
    made = held.response(decodeURIComponent(id));
  } else {
    const body = await json(request);
    made = await scripts[name]({ ...body, signal: left.signal });
    if (dropped.has(body.id)) setTimeout(() => response.destroy(), 150);
  }
  response.writeHead(made.status, Object.fromEntries(made.headers));
  if (!made.body) return response.end();
  Readable.fromWeb(made.body).on("error", () => response.destroy()).pipe(response);
}

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".py": "text/x-python",
  ".wasm": "application/wasm",
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

function file(folder, response, path) {
  let name = join(folder, normalize(path));
  if (statSync(name, { throwIfNoEntry: false })?.isDirectory()) name = join(name, "index.html");
  if (!statSync(name, { throwIfNoEntry: false })) return response.writeHead(404).end();
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-security-policy": POLICY });
  createReadStream(name).pipe(response);
}

const [folder] = process.argv.slice(2);
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://127.0.0.1").pathname;
  if (!path.startsWith("/api/")) return file(folder, response, path);
  answer(request, response, path).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
