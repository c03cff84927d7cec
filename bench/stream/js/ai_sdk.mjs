// The AI SDK as its documentation uses it: `streamText` on Workers AI, answered as a UI message stream.
import { streamText } from "ai";
import { createWorkersAI } from "workers-ai-provider";
import { Ai, modelOf } from "./ai.mjs";

const workersai = createWorkersAI({ binding: new Ai() });

export default {
  async fetch(request) {
    return streamText({ model: workersai(modelOf(request)), prompt: "hi" }).toUIMessageStreamResponse();
  },
};
