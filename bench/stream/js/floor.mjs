// The floor: events in, UI message chunks out, and nothing else.
import { Ai, modelOf } from "./ai.mjs";

const ai = new Ai();
const encoder = new TextEncoder();
const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-vercel-ai-ui-message-stream": "v1",
};

// As many chunks may wait to be written as edgechat reads ahead: with less, each would be written by itself.
const AHEAD = { highWaterMark: 32 };

const line = (chunk) => `data: ${JSON.stringify(chunk)}\n\n`;

export default {
  async fetch(request) {
    const upstream = await ai.run(modelOf(request), { prompt: "hi", stream: true });
    const reader = upstream.getReader();
    const decoder = new TextDecoder();
    const id = crypto.randomUUID();
    let rest = "";
    const source = {
      start(controller) {
        const start = line({ type: "start", messageId: id }) + line({ type: "start-step" });
        controller.enqueue(encoder.encode(start + line({ type: "text-start", id: "0" })));
      },
      async pull(controller) {
        let out = "";
        while (!out) {
          const { done, value } = await reader.read();
          if (done) {
            const end = line({ type: "text-end", id: "0" }) + line({ type: "finish-step" });
            controller.enqueue(encoder.encode(`${end}${line({ type: "finish" })}data: [DONE]\n\n`));
            controller.close();
            return;
          }
          const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
          rest = events.pop();
          for (const event of events) {
            const data = event.slice("data: ".length);
            if (data === "[DONE]") continue;
            const { response } = JSON.parse(data);
            if (response) out += line({ type: "text-delta", id: "0", delta: response });
          }
        }
        controller.enqueue(encoder.encode(out));
      },
    };
    return new Response(new ReadableStream(source, AHEAD), { headers: HEADERS });
  },
};
