"""One message on the page: its parts, how it ended, and what can be done with it."""

from typing import Any

import js
from pyodide.ffi import create_once_callable

from edgechat.ui.messages import SourceDocumentPart, SourceURLPart, UIMessage
from page.actions import Actions, Feeling
from page.browser import copy_text, spawn
from page.dom import Scope, element, icon
from page.edit_form import edit_form
from page.figures import figures_line
from page.parts import PartView, part_view
from page.route import is_route, route_line
from page.sources import sources_list, sources_of
from page.strings import t
from page.timeline import timeline_panel
from page.tool_card import ToolCard

_COPIED_MS = 1500


class MessageView:
    """Buttons say by `data-action` what they do: `act` is called with what was pressed."""

    def __init__(self, message: UIMessage, number: int, actions: Actions, felt: Feeling) -> None:
        self.message = message
        self.number = number
        self._actions = actions
        self._felt = felt
        self._scope = Scope()
        self._parts: dict[int, PartView] = {}
        self._route = element("div", class_name="route")
        self._body = element("div", class_name="body")
        self._sources = element("div")
        self._ending = element("div", class_name="ending", hidden=True)
        self._footer = element("footer")
        self._form: Any = None
        self._around: tuple[object, ...] = ()
        heading = element("h2", t("you") if message.role == "user" else t("answer"), class_name="hidden")
        self.element = element("article", heading, self._route, self._body, self._sources, self._ending, self._footer)
        self.element.setAttribute("data-role", message.role)
        self.element.setAttribute("data-view", str(number))
        self.is_drawn = False

    @property
    def is_behind(self) -> bool:
        return any(part.is_behind for part in self._parts.values())

    def draw(self) -> None:
        """All of it, anew."""
        self.is_drawn = True
        self._clear_parts()
        for index in range(len(self.message.parts)):
            self.show_part(index)

    def show_part(self, index: int) -> None:
        """A part that is new, or has changed."""
        part = self.message.parts[index]
        if view := self._parts.get(index):
            view.update(part)
        elif made := part_view(part, self.message.role):
            self._parts[index] = made
            made.element.setAttribute("data-part", str(index))
            self._body.append(made.element)
        elif isinstance(part, SourceURLPart | SourceDocumentPart):
            self._show_sources()
        elif is_route(part):
            self._show_route()

    def update(self) -> None:
        """All of it, as far as it has changed."""
        if not self.is_drawn:
            return
        if any(index >= len(self.message.parts) for index in self._parts):
            self.draw()
        else:
            for index in range(len(self.message.parts)):
                self.show_part(index)

    def append(self, index: int, text: str) -> None:
        if view := self._parts.get(index):
            view.append(text)

    def refresh(self) -> None:
        for part in self._parts.values():
            if part.is_behind:
                part.refresh()

    def settle(self, *, busy: bool, is_last: bool, has_failed: bool) -> None:
        """What is around the parts: it depends on where the message stands, and on whether it is complete."""
        if not busy and self.is_drawn:
            self._show_sources()
        self.element.toggleAttribute("data-busy", busy)
        around = (busy, is_last, self._outcome(has_failed), self._actions.versions(self.message), self._line())
        if around != self._around:
            self._around = around
            self._show_ending(busy, is_last, self._outcome(has_failed))
            self._show_footer(busy)

    def act(self, action: str, button: Any) -> None:
        match action:
            case "copy":
                self._actions.copy(self.message)
                _show_copied(button)
            case "copy-code":
                spawn(_copy_code(button))
            case "speak":
                self._actions.read_aloud(self.message)
            case "edit":
                self._edit()
            case "regenerate":
                self._actions.regenerate(self.message)
            case "continue":
                self._actions.continue_answer(self.message)
            case "previous" | "next":
                self._actions.show_version(self.message, -1 if action == "previous" else 1)
            case "approve" | "deny":
                card = self._parts[int(button.closest("[data-part]").dataset.part)]
                if isinstance(card, ToolCard) and card.part.approval:
                    self._actions.approve(card.part.approval.id, action == "approve")

    def show_reading(self, is_reading: bool) -> None:
        """Whether it is being read aloud."""
        if button := self._footer.querySelector("[data-action=speak]"):
            had_focus = button.matches(":focus")
            made = _speak_tool(is_reading)
            button.replaceWith(made)
            if had_focus:
                made.focus()

    def close(self) -> None:
        self._clear_parts()
        self._scope.close()
        self.element.remove()

    def _clear_parts(self) -> None:
        for part in self._parts.values():
            part.clear()
        self._parts.clear()
        self._body.replaceChildren()
        self._sources.replaceChildren()
        self._route.replaceChildren()

    def _line(self) -> str:
        return figures_line(self.message, self._felt(self.message)) if self.message.role == "assistant" else ""

    def _show_route(self) -> None:
        line = route_line(self.message)
        self._route.replaceChildren(element("span", t("answered_by"), " ", class_name="hidden"), line)

    def _show_sources(self) -> None:
        found = sources_of(self.message.parts)
        self._sources.replaceChildren(*([sources_list(found)] if found else []))

    def _outcome(self, has_failed: bool) -> str:
        metadata = self.message.metadata if isinstance(self.message.metadata, dict) else {}
        return str(metadata.get("outcome", "interrupted" if has_failed else "done"))

    def _show_ending(self, busy: bool, is_last: bool, outcome: str) -> None:
        """Why there is no more, and what can be done about it."""
        is_answer = self.message.role == "assistant"
        self._ending.replaceChildren()
        self._ending.hidden = busy or outcome == "done" or not (is_answer or is_last)
        if self._ending.hidden:
            return
        said = {"stopped": t("outcome_stopped"), "failed": t("outcome_failed")}.get(outcome, t("outcome_interrupted"))
        self._ending.append(element("span", said if is_answer else t("no_answer")))
        if is_last and is_answer and outcome != "failed":
            self._ending.append(element("button", t("continue"), type="button", data_action="continue"))
        if is_last:
            self._ending.append(element("button", t("try_again"), type="button", data_action="regenerate"))

    def _show_footer(self, busy: bool) -> None:
        self._scope.close()
        self._footer.replaceChildren()
        if busy or self.message.role == "system":
            return
        tools = element("div", _tool("copy", t("copy")), class_name="tools")
        if self.message.role == "user":
            tools.append(_tool("edit", t("edit"), "rename"))
        else:
            tools.append(_tool("regenerate", t("regenerate"), "retry"))
            if self.message.text:
                tools.append(_speak_tool(self._actions.is_reading(self.message)))
        shown, count = self._actions.versions(self.message)
        if count > 1:
            place = element("span", f"{shown}/{count}", class_name="place", dir="ltr")
            before = _tool("previous", t("previous_version"), disabled=shown == 1)
            after = _tool("next", t("next_version"), disabled=shown == count)
            tools.append(element("span", before, place, after, class_name="versions"))
        if line := self._line():
            tools.append(element("span", line, class_name="figures"))
        self._footer.append(tools)
        felt = self._felt(self.message)
        if felt and line:
            self._footer.append(timeline_panel(self.message, felt, self._scope))

    def _edit(self) -> None:
        scope = Scope()

        def leave() -> None:
            scope.close()
            form.remove()
            self.element.toggleAttribute("data-editing", False)
            self.element.querySelector("[data-action=edit]").focus()

        def send(text: str) -> None:
            leave()
            self._actions.edit(self.message, text)

        form = edit_form(self.message.text, send, leave, scope)
        self.element.toggleAttribute("data-editing", True)
        self._body.after(form)
        form.querySelector("textarea").focus()


def _tool(action: str, label: str, picture: str = "", *, disabled: bool = False) -> Any:
    attributes = {"type": "button", "aria_label": label, "title": label, "data_action": action}
    return element("button", icon(picture or action), class_name="icon", disabled=disabled, **attributes)


def _speak_tool(is_reading: bool) -> Any:
    return _tool("speak", t("read_stop"), "stop") if is_reading else _tool("speak", t("read_aloud"))


async def _copy_code(button: Any) -> None:
    if await copy_text(str(button.closest(".code").querySelector("code").textContent)):
        _show_copied(button)


def _show_copied(button: Any) -> None:
    button.toggleAttribute("data-copied", True)
    js.setTimeout(create_once_callable(lambda: button.toggleAttribute("data-copied", False)), _COPIED_MS)
