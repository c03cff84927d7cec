// What works before Python does: the reader's language and colours, typing, and a first message that waits. It also
// starts the session, so that the Worker wakes while Python loads. A classic script in the head, listening on the
// document: no key is pressed before it is there.
{
  const catalogue = {strings}; // the build puts strings.json here
  const root = document.documentElement;

  const wanted = [localStorage.getItem("edgechat.language"), ...navigator.languages];
  const language = wanted.map((tag) => tag?.split("-")[0]).find((tag) => tag in catalogue) ?? "en";
  const words = catalogue[language];
  root.lang = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  root.dataset.theme = localStorage.getItem("edgechat.theme") ?? "system";

  const shell = {
    ready: false, // Python sets it when it has taken the waiting messages over
    waiting: [],
    words,
    session: fetch("/api/session", { method: "POST" }),
  };
  shell.session.catch(() => {}); // Python tells of it
  globalThis.edgechat = shell;

  const translate = () => {
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = words[element.dataset.t];
    for (const [name, attribute] of [["tLabel", "aria-label"], ["tPlaceholder", "placeholder"], ["tTitle", "title"]])
      for (const element of document.querySelectorAll(`[data-t-${attribute.replace("aria-", "")}]`))
        element.setAttribute(attribute, words[element.dataset[name]]);
  };

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const prompt = document.getElementById("prompt");
    const text = prompt.value.trim();
    if (shell.ready || !text) return;
    shell.waiting.push(text);
    prompt.value = "";
    document.getElementById("state").textContent = words.state_queued;
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "prompt" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  document.addEventListener(
    "readystatechange",
    () => {
      if (language !== "en") translate(); // the page is written in English
      performance.mark("shell-ready");
    },
    { once: true },
  );
}
