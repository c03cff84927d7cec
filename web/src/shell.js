// What works before Python does: the reader's language and colours, typing, and a first message that waits. It also
// starts the session, so that the Worker wakes while Python loads. A classic script in the head, listening on the
// document: no key is pressed before it is there.
{
  const catalogue = {strings}; // the build puts strings.json here
  const root = document.documentElement;

  const kept = (name) => {
    try {
      return localStorage.getItem(`edgechat.${name}`);
    } catch {
      return null; // the browser keeps nothing here
    }
  };
  const keep = (name, value) => {
    try {
      localStorage.setItem(`edgechat.${name}`, value);
    } catch {} // it holds for this page
  };

  const wanted = [kept("language"), ...navigator.languages].map((tag) => tag?.split("-")[0]);
  const language = wanted.find((tag) => tag in catalogue) ?? "en";
  const words = catalogue[language];
  root.lang = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  root.dataset.theme = kept("theme") ?? "system";
  root.dataset.sidebar = kept("sidebar") ?? "open";
  root.toggleAttribute("data-opening", location.hash.startsWith("#chat=")); // no welcome before a chat

  const shell = {
    ready: false, // Python sets it when it has taken the waiting messages over
    waiting: [],
    waitingSince: 0, // when the first of them was sent
    words,
    session: fetch("/api/session", { method: "POST" }),
  };
  shell.session.catch(() => {}); // Python tells of it
  globalThis.edgechat = shell;

  const translate = () => {
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = words[element.dataset.t];
    for (const attribute of ["aria-label", "placeholder", "title"]) {
      const mark = `data-t-${attribute.replace("aria-", "")}`;
      for (const element of document.querySelectorAll(`[${mark}]`))
        element.setAttribute(attribute, words[element.getAttribute(mark)]);
    }
  };

  const showSettings = () => {
    document.getElementById("language").value = language;
    document.getElementById("theme").value = root.dataset.theme;
    document.getElementById("keys").checked = kept("keys") !== "off";
    for (const name of ["complete", "labels"]) document.getElementById(name).checked = kept(name) === "on";
  };

  const showConnection = () => (document.getElementById("offline").hidden = navigator.onLine);

  document.addEventListener(
    "readystatechange",
    () => {
      if (language !== "en") translate(); // the page is written in English
      showSettings();
      showConnection();
      performance.mark("shell-ready");
    },
    { once: true },
  );
  addEventListener("online", showConnection);
  addEventListener("offline", showConnection);

  document.addEventListener("change", ({ target }) => {
    if (!target.closest("#settings")) return;
    keep(target.id, target.type === "checkbox" ? (target.checked ? "on" : "off") : target.value);
    if (target.id === "theme") root.dataset.theme = target.value;
    if (target.id === "language") location.reload();
  });

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const prompt = document.getElementById("prompt");
    const text = prompt.value.trim();
    if (shell.ready || event.target.id !== "composer" || !text) return;
    shell.waitingSince ||= performance.now();
    shell.waiting.push(text);
    prompt.value = "";
    document.getElementById("state").textContent = words.state_queued;
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "prompt" || event.key !== "Enter" || event.shiftKey) return;
    if (event.isComposing || event.keyCode === 229) return; // an input method takes this key; Safari says so by 229
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  document.addEventListener("click", ({ target }) => {
    const suggestion = target.closest("[data-ask]");
    if (!suggestion) return;
    document.getElementById("prompt").value = suggestion.textContent;
    document.getElementById("composer").requestSubmit();
  });

  // The browser asks for anything that it has not kept when its list of what it has loaded is full.
  performance.onresourcetimingbufferfull = () => performance.clearResourceTimings();

  // The page for offline is put aside when nothing else is left to do. The policy makes this one address and no other.
  new PerformanceObserver((marks, observer) => {
    if (!marks.getEntriesByName("python-ready").length) return;
    observer.disconnect();
    const create = { createScriptURL: () => "/service-worker.js" };
    const policy = globalThis.trustedTypes?.createPolicy("service-worker", create) ?? create;
    navigator.serviceWorker?.register(policy.createScriptURL(""));
  }).observe({ type: "mark" });
}
