// Streams that can be read again from their beginning, as npm `resumable-stream` keeps them, but in memory.
import { EventEmitter, once } from "node:events";
import { UI_MESSAGE_STREAM_HEADERS } from "ai";

export class HeldStreams {
  #streams = new Map();

  /** Reads a stream of text to its end, for those who come later. */
  async hold(id, stream) {
    const held = { texts: [], ended: false, news: new EventEmitter() };
    this.#streams.set(id, held);
    for await (const text of stream) {
      held.texts.push(text);
      held.news.emit("text");
    }
    held.ended = true;
    this.#streams.delete(id);
    held.news.emit("text");
  }

  /** All of the stream that is held under an id, or 204. */
  response(id) {
    const held = this.#streams.get(id);
    if (!held) return new Response(null, { status: 204 });
    return new Response(ReadableStream.from(replay(held)), { headers: UI_MESSAGE_STREAM_HEADERS });
  }
}

async function* replay(held) {
  for (let next = 0; ; ) {
    if (next < held.texts.length) yield Buffer.from(held.texts[next++]);
    else if (held.ended) return;
    else await once(held.news, "text");
  }
}
