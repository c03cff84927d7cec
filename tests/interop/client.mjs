// The unmodified client of npm `ai` chats with our Worker: node client.mjs URL. Prints what it made of the answers.
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [base] = process.argv.slice(2);
const { token } = await (await fetch(`${base}/api/session`, { method: "POST" })).json();
const transport = new DefaultChatTransport({
  api: `${base}/api/chat`,
  headers: () => ({ Authorization: `Bearer ${token}` }),
});
const chatId = crypto.randomUUID();
const question = (text) => ({ id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] });

async function ask(messages, options = {}) {
  const stream = await transport.sendMessages({ chatId, messages, trigger: "submit-message", ...options });
  const lengths = [];
  let message;
  for await (message of readUIMessageStream({ stream })) {
    lengths.push(message.parts.reduce((sum, part) => sum + (part.text?.length ?? 0), 0));
  }
  return { message, lengths };
}

const first = question("What is the capital of France?");
const answered = await ask([first]);
const second = question("And of Italy?");
const again = await ask([first, answered.message, second]);
const regenerated = await ask([first, answered.message, second], {
  trigger: "regenerate-message",
  messageId: again.message.id,
});

const refused = await new DefaultChatTransport({ api: `${base}/api/chat` })
  .sendMessages({ chatId, messages: [first], trigger: "submit-message" })
  .then(() => null, (error) => ({ name: error.name, message: error.message, status: error.statusCode }));

const controller = new AbortController();
const long = question("Write a long story about the sea.");
const stream = await transport.sendMessages({
  chatId: crypto.randomUUID(),
  messages: [long],
  trigger: "submit-message",
  abortSignal: controller.signal,
});
const reader = stream.getReader();
await reader.read();
controller.abort();
const aborted = await (async () => {
  while (!(await reader.read()).done);
})().then(() => null, (error) => error.name);

const saved = await (
  await fetch(`${base}/api/chats/${chatId}`, { headers: { Authorization: `Bearer ${token}` } })
).json();
console.log(JSON.stringify({ first, answered, again, regenerated, refused, aborted, saved }));
