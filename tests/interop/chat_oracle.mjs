// node chat_oracle.mjs < scenarios.json > traces.json
// Plays scenarios with the chat of npm `ai` and logs what happens, in the format of chat-traces.json.
import fs from "node:fs";
import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from "ai";

const CONDITIONS = {
  "tool-calls-complete": lastAssistantMessageIsCompleteWithToolCalls,
  "approval-responses-complete": lastAssistantMessageIsCompleteWithApprovalResponses,
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const plain = (value) => JSON.parse(JSON.stringify(value));

class State {
  #messages;
  #status = "ready";
  #error;

  constructor(messages, tell) {
    this.#messages = messages;
    this.tell = tell;
  }
  get messages() {
    return this.#messages;
  }
  set messages(messages) {
    this.#messages = messages;
    this.tell("messages", { n: messages.length });
  }
  get status() {
    return this.#status;
  }
  set status(v) {
    this.#status = v;
    this.tell("status", { v });
  }
  get error() {
    return this.#error;
  }
  set error(error) {
    this.#error = error;
    if (error) this.tell("error", { v: error.message });
  }
  pushMessage = (message) => {
    this.#messages = [...this.#messages, message];
    this.tell("push", { id: message.id, role: message.role });
  };
  replaceMessage = (i, message) => {
    this.#messages = this.#messages.with(i, message);
    this.tell("replace", { i, id: message.id, parts: message.parts.length });
  };
  snapshot = structuredClone;
}

class Chat extends AbstractChat {}

function respond(response, signal, hung) {
  if (!response.chunks) {
    return new Response(response.status === 204 ? null : (response.text ?? ""), { status: response.status ?? 200 });
  }
  const events = response.chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  if (!response.noDone) events.push("data: [DONE]\n\n");
  let sent = 0;
  const pull = async (controller) => {
    await sleep(0);
    if (sent === response.dropAfter) {
      controller.error(new TypeError("network error"));
    } else if (sent === response.hangAfter) {
      setTimeout(hung, 50); // what came before has been told by then
      await new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", resolve)));
      controller.error(new DOMException("aborted", "AbortError"));
    } else if (sent < events.length) {
      controller.enqueue(new TextEncoder().encode(events[sent++]));
    } else {
      controller.close();
    }
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

async function play(scenario) {
  const log = [];
  const tell = (ev, fields) => log.push(plain({ ev, ...fields }));
  let ids = 0;
  let requests = 0;
  let coming = 0; // streams that are going to hang
  const fetch = async (url, { method, headers, body, credentials, signal }) => {
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    tell("request", { url, method, headers: lower, body: body && JSON.parse(body), credentials });
    const response = scenario.responses[Math.min(requests++, scenario.responses.length - 1)];
    coming += response.hangAfter === undefined ? 0 : 1;
    return respond(response, signal, () => coming--);
  };
  const { transport, sendAutomaticallyWhen, ...options } = scenario.options;
  const state = new State(plain(scenario.messages), tell);
  const chat = new Chat({
    ...options,
    id: "chat1",
    generateId: () => `id-${ids++}`,
    state,
    transport: new DefaultChatTransport({ fetch, ...transport }),
    sendAutomaticallyWhen: CONDITIONS[sendAutomaticallyWhen],
    onError: (error) => tell("onError", { m: error.message }),
    onData: (data) => tell("onData", { data }),
    onToolCall: ({ toolCall }) => tell("onToolCall", { id: toolCall.toolCallId }),
    onFinish: ({ message, messages, ...finish }) => tell("onFinish", { id: message.id, ...finish }),
  });
  const call = async ({ call, args = [] }) => {
    try {
      if (call === "setMessages") chat.messages = plain(args[0]);
      else await chat[call](...plain(args).map((arg) => arg ?? undefined));
    } catch (error) {
      tell("throw", { name: error.name });
    }
  };
  const going = [];
  for (const action of scenario.actions) {
    if (action.sleep) {
      do await sleep(5 * action.sleep); // all scenarios are played at once
      while (coming > 0);
    } else if (action.join) await Promise.all(going);
    else if (action.wait === false) going.push(call(action));
    else await call(action);
  }
  await Promise.all(going);
  do await sleep(500);
  while (["submitted", "streaming"].includes(state.status));
  return { ...scenario, log, finalMessages: plain(state.messages), status: state.status, error: state.error?.message };
}

const scenarios = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await Promise.all(scenarios.map(play))));
