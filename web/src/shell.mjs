// What works before Python does: typing, and a first message that waits. It also starts the session, so that the Worker
// wakes while Python loads.
const form = document.getElementById("composer");
const prompt = document.getElementById("prompt");
const state = document.getElementById("state");

/** What Python finds when it is ready: it takes the waiting messages over and sets `ready`. */
export const shell = {
  ready: false,
  waiting: [],
  session: fetch("/api/session", { method: "POST" }),
};
shell.session.catch(() => {}); // Python tells of it
globalThis.edgechat = shell;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = prompt.value.trim();
  if (shell.ready || !text) return;
  shell.waiting.push(text);
  prompt.value = "";
  state.textContent = "Loading Python … your message will be sent at once";
});

prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

performance.mark("shell-ready");
