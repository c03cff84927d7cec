// A model that is never waited for, in place of the Workers AI binding: what is measured is what lies behind it.
//
// "@bench/2000x8" answers 2000 events, 8 to a read, each when it is read. "@bench/2000x1-paced" lets a turn of the event
// loop pass before each read, as the network does. All Workers use this one module; in the Python Worker it stands for
// pop's module of the same name, hence the class and its name.

const encoder = new TextEncoder();
const PADDING = "abcdefghijklmnopqrstuvwxyz0123456789";

/** The bytes of each read, by model: made once, so that no Worker pays for them. */
const answers = new Map();

function readsOf(model) {
  const known = answers.get(model);
  if (known) return known;
  const [events, perRead] = model.match(/\d+/g).map(Number);
  const lines = [];
  for (let i = 0; i < events; i++) lines.push(`data: {"response":"w${i} ","p":"${PADDING.slice(i % 30)}"}\n\n`);
  lines.push(
    `data: {"response":"","usage":{"prompt_tokens":9,"completion_tokens":${events},"total_tokens":${events + 9}}}\n\n`,
    "data: [DONE]\n\n",
  );
  const reads = [];
  for (let i = 0; i < lines.length; i += perRead) reads.push(encoder.encode(lines.slice(i, i + perRead).join("")));
  answers.set(model, reads);
  return reads;
}

export class Ai {
  async run(model, _inputs, { returnRawResponse } = {}) {
    const reads = readsOf(model);
    let next = 0;
    const answer = (controller) => {
      controller.enqueue(reads[next++]);
      if (next === reads.length) controller.close();
    };
    const pull = model.endsWith("-paced") ? (controller) => scheduler.wait(0).then(() => answer(controller)) : answer;
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    return returnRawResponse ? new Response(body, { headers: { "content-type": "text/event-stream" } }) : body;
  }
}

/** The model that a request asks for by its query, such as `?2000x8`. */
export const modelOf = (request) => `@bench/${new URL(request.url).search.slice(1)}`;
