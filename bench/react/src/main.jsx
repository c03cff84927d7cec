// A chat page as the documentation of the AI SDK shows it. `?tuned` does what its cookbook advises for long answers: the
// page is drawn anew at most every 50 ms, and of the markdown only the blocks that have changed.
import { useChat } from "@ai-sdk/react";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { MemoizedMarkdown, PlainMarkdown } from "./markdown.jsx";
import "./style.css";

const tuned = location.search === "?tuned";
const Markdown = tuned ? MemoizedMarkdown : PlainMarkdown;

function Chat() {
  const { messages, sendMessage, status, stop } = useChat(tuned ? { throttle: 50 } : {});
  const [text, setText] = useState("");
  useEffect(() => {
    performance.mark("ready");
  }, []);
  const busy = status === "submitted" || status === "streaming";
  return (
    <>
      <main role="log" aria-label="Conversation">
        {messages.map((message) => (
          <article key={message.id} data-role={message.role}>
            {message.parts.map((part, index) =>
              part.type === "text" ? <Markdown key={index} id={`${message.id}-${index}`}>{part.text}</Markdown> : null,
            )}
          </article>
        ))}
      </main>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          sendMessage({ text });
          setText("");
        }}
      >
        <textarea aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} autoFocus />
        {busy ? (
          <button id="stop" type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button id="send">Send</button>
        )}
      </form>
    </>
  );
}

createRoot(document.getElementById("root")).render(<Chat />);
