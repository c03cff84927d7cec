"""Where one writes: text and files, Send and Stop, which model, how much room is left."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import js
from pyodide.ffi import create_proxy

from edgechat.ids import generate_id
from page.api import API, Models
from page.dom import by_id, element, icon, on
from page.drafts import Draft, Outgoing
from page.strings import number, t
from page.uploads import Uploads

LIMIT = 8_000
"""Characters, as the service has it by default; it has the last word."""
_NEAR = 0.9
_PAUSE = 300
"""Milliseconds without a key, after which what was typed is kept."""


class ComposerActions(Protocol):
    def send(self, outgoing: Outgoing) -> None: ...

    def stop(self) -> None: ...

    def keep(self) -> None:
        """What is in the composer has changed."""
        ...

    def drop(self, message_id: str) -> None: ...

    def choose_model(self, model: str) -> None: ...

    def tell(self, text: str) -> None: ...


class Composer:
    def __init__(self, api: API, actions: ComposerActions) -> None:
        self._actions = actions
        self._form, self._prompt, self._send, self._stop = map(by_id, ("composer", "prompt", "send", "stop"))
        self._queue, self._room, self._model, self._picked = map(by_id, ("queue", "room", "model", "picked"))
        self._models: Models | None = None
        self._timer = 0
        # One proxy for the life of the page: a timer that is cleared never calls its own.
        self._keep = create_proxy(actions.keep)
        self.uploads = Uploads(api, self._on_files, actions.tell)
        on(self._form, "submit", self._on_submit)
        on(self._prompt, "input", self._on_input)
        on(self._prompt, "paste", self._on_paste)
        on(self._stop, "click", lambda _event: actions.stop())
        on(self._model, "change", lambda _event: self._on_model())
        on(self._queue, "click", self._on_queue_click)
        on(by_id("attach"), "click", lambda _event: self._picked.click())
        on(self._picked, "change", self._on_picked)
        for event in ("dragover", "dragleave", "drop"):
            on(by_id("stage"), event, self._on_drag)

    @property
    def text(self) -> str:
        return str(self._prompt.value)

    @property
    def model(self) -> str | None:
        """Or a wish. None where there is no choice."""
        return str(self._model.value) if self._models and len(self._models.models) > 1 else None

    def show(self, draft: Draft) -> None:
        """What was typed in this conversation before."""
        self._prompt.value = draft.text
        self.uploads.show(draft.files)
        self._update()

    def focus(self) -> None:
        # A keyboard on the screen comes when it is asked for.
        if js.matchMedia("(hover: hover)").matches:
            self._prompt.focus()

    def show_busy(self, busy: bool) -> None:
        had_focus = js.document.activeElement and js.document.activeElement.id in ("stop", "send")
        self._stop.hidden = not busy
        self._update()
        if had_focus:
            self._prompt.focus()

    def show_queue(self, waiting: Sequence[Outgoing]) -> None:
        self._queue.replaceChildren(*map(_chip, waiting))
        self._queue.hidden = not waiting

    def show_models(self, models: Models, chosen: str | None) -> None:
        """A choice only where there is one."""
        available = [model for model in models.models if not model.retired]
        wishes = {"auto": t("wish_auto"), "fast": t("wish_fast"), "best": t("wish_best")}
        choices = {wish: wishes[wish] for wish in models.wishes if wish in wishes}
        names = {each.id: t("model_failing", model=each.id) if each.failing else each.id for each in available}
        self._models = Models(models.default, available, list(choices))
        wanted = chosen if chosen in {**choices, **names} else models.default
        by_name = _options(names, wanted)
        self._model.replaceChildren(
            *_options(choices, wanted),
            *([element("optgroup", *by_name, label=t("models_by_name"))] if choices else by_name),
        )
        by_id("models").hidden = len(available) < 2
        self._on_model(is_chosen=False)

    def _on_model(self, *, is_chosen: bool = True) -> None:
        known = self._models or Models("", [])
        wanted = str(self._model.value)
        answering = [model for model in known.models if wanted in (model.id, *known.wishes)]
        self.uploads.takes_images = any(model.takes_images for model in answering)
        self._picked.accept = ",".join((*self.uploads.accepted, ".md", ".txt"))
        if is_chosen:
            self._actions.choose_model(wanted)

    def _on_submit(self, event: Any) -> None:
        event.preventDefault()
        text, files = self.text.strip(), self.uploads.parts
        if not js.edgechat.ready or not (text or files) or self.uploads.is_busy or len(text) > LIMIT:
            return
        self._prompt.value = ""
        self.uploads.clear()
        self._update()
        self._actions.keep()
        self._actions.send(Outgoing(generate_id(), text, files))

    def _on_input(self, _event: Any) -> None:
        self._update()
        js.clearTimeout(self._timer)
        self._timer = js.setTimeout(self._keep, _PAUSE)

    def _on_files(self) -> None:
        self._update()
        self._actions.keep()

    def _update(self) -> None:
        length = len(self.text.strip())
        is_over, busy = length > LIMIT, not self._stop.hidden
        has_something = bool(length or self.uploads.parts)
        # While an answer comes, Stop has the place; what is typed meanwhile can be sent to wait.
        self._send.hidden = busy and not has_something
        self._send.disabled = is_over or self.uploads.is_busy
        self._room.toggleAttribute("data-over", is_over)
        if is_over:
            self._room.textContent = t("room_over", count=number(length - LIMIT))
        else:
            self._room.textContent = t("room_left", count=number(LIMIT - length)) if length > _NEAR * LIMIT else ""

    def _on_paste(self, event: Any) -> None:
        files = list(event.clipboardData.files)
        if files:
            event.preventDefault()
            self.uploads.add(files)

    def _on_picked(self, _event: Any) -> None:
        self.uploads.add(list(self._picked.files))
        self._picked.value = ""

    def _on_drag(self, event: Any) -> None:
        if "Files" not in list(event.dataTransfer.types):
            return
        event.preventDefault()
        self._form.toggleAttribute("data-drop", event.type == "dragover")
        if event.type == "drop":
            self.uploads.add(list(event.dataTransfer.files))

    def _on_queue_click(self, event: Any) -> None:
        if event.target.closest("button"):
            self._actions.drop(str(event.target.closest("li").dataset.id))
            self._prompt.focus()


def _options(choices: Mapping[str, str], wanted: str) -> list[Any]:
    return [element("option", text, value=value, selected=value == wanted) for value, text in choices.items()]


def _chip(outgoing: Outgoing) -> Any:
    text = outgoing.text or ", ".join(part.filename or "" for part in outgoing.files)
    remove = element(
        "button", icon("close"), class_name="icon", type="button", aria_label=t("remove_named", name=text[:60])
    )
    chip = element("li", element("span", text, dir="auto"), remove)
    chip.dataset.id = outgoing.id
    return chip
