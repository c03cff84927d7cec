// The unmodified client of npm `ai` talks to a scripted server: node read.mjs URL. Prints what it made of each script.
import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from "ai";

const [base] = process.argv.slice(2);

/** As small as a chat can be: what `@ai-sdk/react` keeps in React, this keeps in fields. */
class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (index, message) => (this.messages = this.messages.with(index, message));
  snapshot = structuredClone;
}

class Chat extends AbstractChat {
  constructor(name, options = {}) {
    super({ transport: new DefaultChatTransport({ api: `${base}/${name}` }), state: new State(), ...options });
  }
}

const seen = {};

async function run(name, { options, then } = {}) {
  const log = { data: [], finish: [] };
  const chat = new Chat(name, {
    onData: (part) => log.data.push(part),
    onFinish: ({ isAbort, isDisconnect, isError, finishReason }) =>
      log.finish.push({ isAbort, isDisconnect, isError, finishReason }),
    onError: () => {},
    ...options,
  });
  const sent = chat.sendMessage({ text: "Hi" });
  await then?.(chat);
  await sent;
  await new Promise((resolve) => setTimeout(resolve, 300)); // what is sent automatically
  while (chat.status === "submitted" || chat.status === "streaming") await new Promise((r) => setTimeout(r, 20));
  seen[name] = { parts: chat.lastMessage?.parts, message: chat.lastMessage, status: chat.status, error: chat.error?.message, ...log };
}

for (const name of ["text", "reasoning", "tools", "data", "sources-and-files", "object", "error", "refused", "abort"]) {
  await run(name);
}
await run("approval", {
  options: { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses },
  then: async (chat) => {
    while (chat.status !== "ready" || chat.messages.length < 2) await new Promise((r) => setTimeout(r, 10));
    const [request] = chat.lastMessage.parts.filter((part) => part.state === "approval-requested");
    await chat.addToolApprovalResponse({ id: request.approval.id, approved: true });
  },
});
await run("client-tool", {
  options: { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls },
  then: async (chat) => {
    while (chat.status !== "ready" || chat.messages.length < 2) await new Promise((r) => setTimeout(r, 10));
    await chat.addToolOutput({ tool: "ask_location", toolCallId: "c1", output: { city: "Oslo" } });
  },
});
await run("hang", {
  then: async (chat) => {
    while (!chat.lastMessage?.parts.some((part) => part.text?.includes("far"))) await new Promise((r) => setTimeout(r, 10));
    await chat.stop();
  },
});
console.log(JSON.stringify(seen));
