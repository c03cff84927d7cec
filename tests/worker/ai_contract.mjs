// Calls an AI binding in every way and answers what came of it: the real one, or pop's where POP_AI_URL is bound.
import { Ai } from "./ai.mjs";

const messages = [{ role: "user", content: "Hi" }];
const LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8-fast";

const text = (stream) => new Response(stream).text();
const told = async (response) => ({
  status: response.status,
  type: response.headers.get("content-type"),
  model: response.headers.get("x-pop-model"),
  text: await response.text(),
});

const calls = {
  json: (ai) => ai.run(LLAMA, { messages }),
  stream: async (ai) => text(await ai.run(LLAMA, { messages, stream: true })),
  raw: async (ai) => told(await ai.run(LLAMA, { messages }, { returnRawResponse: true })),
  rawStream: async (ai) => told(await ai.run(LLAMA, { messages, stream: true }, { returnRawResponse: true })),
  rawError: async (ai) => told(await ai.run("@cf/no/such", { messages }, { returnRawResponse: true })),
  options: (ai) =>
    ai.run(LLAMA, { messages }, { prefix: "p", extraHeaders: { "x-session-affinity": "c1" }, tags: ["a"] }),
  gateway: (ai) => ai.run(LLAMA, { messages }, { gateway: { id: "g" } }),
  unknownModel: (ai) => ai.run("@cf/no/such", { messages }),
  badInput: (ai) => ai.run(LLAMA, { messages: [] }),
  plainError: (ai) => ai.run("plain-error", { messages }),
  errorList: (ai) => ai.run("error-list", { messages }),
  charset: async (ai) => text(await ai.run("charset", { messages })),
  aborted: async (ai) => {
    const controller = new AbortController();
    const stream = await ai.run(LLAMA, { messages, stream: true, max_tokens: 1000 }, { signal: controller.signal });
    const reader = stream.getReader();
    const first = await reader.read();
    controller.abort();
    while (!(await reader.read()).done);
    return first.done;
  },
};

let ours; // like the real one, it lives as long as the isolate

export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1);
    const ai = env.POP_AI_URL ? (ours ??= new Ai(env.POP_AI_URL)) : env.AI;
    const outcome = {};
    try {
      outcome.result = await calls[name](ai);
    } catch (error) {
      outcome.error = { name: error.name, message: error.message };
    }
    outcome.ids = [typeof ai.lastRequestId, ai.lastRequestHttpStatusCode, ai.lastRequestInternalStatusCode];
    return Response.json(outcome);
  },
};
