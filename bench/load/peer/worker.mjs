// A chat as the documentation of the AI SDK writes it ("Chatbot Message Persistence"): the client sends its new message,
// earlier ones are read from D1, and both new ones are saved at the end.
import { convertToModelMessages, createIdGenerator, streamText } from "ai";
import { createWorkersAI } from "workers-ai-provider";
import { Ai } from "../../../pop/src/pop/host/ai.mjs"; // the AI binding, as pop has it
import { startSession, userOf } from "./session.mjs";

const MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8-fast";
const INSTRUCTIONS = "You are a helpful assistant. Answer briefly and to the point.";
const LOAD = "SELECT message FROM messages WHERE user_id = ? AND chat_id = ? ORDER BY rowid";
const SAVE = "INSERT OR IGNORE INTO messages (user_id, chat_id, id, message, created_at) VALUES (?, ?, ?, ?, ?)";

const generateMessageId = createIdGenerator({ prefix: "msg", size: 16 });

async function loadChat(db, userId, chatId) {
  const { results } = await db.prepare(LOAD).bind(userId, chatId).all();
  return results.map((row) => JSON.parse(row.message));
}

function saveTurn(db, userId, chatId, messages) {
  const save = db.prepare(SAVE);
  return db.batch(messages.map((each) => save.bind(userId, chatId, each.id, JSON.stringify(each), Date.now())));
}

async function chat(request, env, ctx, userId) {
  const { id, message } = await request.json();
  const messages = [...(await loadChat(env.DB, userId, id)), message];
  const workersai = createWorkersAI({ binding: new Ai(env.POP_AI_URL) });
  const result = streamText({
    model: workersai(MODEL),
    instructions: INSTRUCTIONS,
    messages: await convertToModelMessages(messages),
    maxOutputTokens: 512,
    temperature: 0.2,
  });
  ctx.waitUntil(result.consumeStream());
  return result.toUIMessageStreamResponse({
    originalMessages: messages,
    generateMessageId,
    onEnd: ({ responseMessage }) => saveTurn(env.DB, userId, id, [message, responseMessage]),
  });
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/session") return startSession(env.SESSION_SECRET);
    const userId = await userOf(request, env.SESSION_SECRET);
    if (!userId) return new Response("Who are you?", { status: 401 });
    if (pathname === "/api/chat") return chat(request, env, ctx, userId);
    return Response.json({ messages: await loadChat(env.DB, userId, pathname.split("/").at(-1)) });
  },
};
