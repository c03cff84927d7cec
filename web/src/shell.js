// What works before Python does: typing, and a first message that waits. It also starts the session, so that the Worker
// wakes while Python loads. A classic script in the head, listening on the document: no key is pressed before it is there.
{
  const shell = {
    ready: false, // Python sets it when it has taken the waiting messages over
    waiting: [],
    session: fetch("/api/session", { method: "POST" }),
  };
  shell.session.catch(() => {}); // Python tells of it
  globalThis.edgechat = shell;

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const prompt = document.getElementById("prompt");
    const text = prompt.value.trim();
    if (shell.ready || !text) return;
    shell.waiting.push(text);
    prompt.value = "";
    document.getElementById("state").textContent = "Loading Python … your message will be sent at once";
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "prompt" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  document.addEventListener("readystatechange", () => performance.mark("shell-ready"), { once: true });
}
