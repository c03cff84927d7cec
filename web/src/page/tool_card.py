"""A call of a tool: its name, how far it is, what went in and what came out, and whether it may run."""

from typing import Any

import msgspec

from edgechat.ui.messages import ToolPart
from page.dom import element
from page.strings import t

LONGEST = 20_000
"""Characters of an input or an output that are shown."""


class ToolCard:
    is_behind = False

    def __init__(self, part: ToolPart) -> None:
        self.part = part
        self._name = element("span", class_name="tool-name", dir="auto")
        self._state = element("span", class_name="tool-state")
        self._fields = element("dl")
        self._shown: list[tuple[str, str]] = []
        self._question = element("div", class_name="approval", hidden=True)
        details = element("details", element("summary", self._name, self._state), self._fields)
        self.element = element("div", details, self._question, class_name="tool")
        self.update(part)

    def append(self, text: str) -> None:
        pass

    def refresh(self) -> None:
        pass

    def clear(self) -> None:
        pass

    def update(self, part: ToolPart) -> None:
        self.part = part
        self.element.setAttribute("data-state", part.state)
        self._name.textContent = part.title or part.name
        self._state.textContent = _state(part)
        self._show_fields(_fields(part))
        self._ask(part)

    def _show_fields(self, fields: list[tuple[str, str]]) -> None:
        if fields == self._shown:
            return
        self._shown = fields
        self._fields.replaceChildren()
        for name, text in fields:
            value = element("pre", element("code", text), dir="ltr", tabindex=0, role="group", aria_label=name)
            self._fields.append(element("dt", name), element("dd", value))

    def _ask(self, part: ToolPart) -> None:
        asks = part.state == "approval-requested" and part.approval is not None
        if asks == (not self._question.hidden):
            return
        self._question.hidden = not asks
        self._question.replaceChildren()
        if asks and part.approval:
            if part.approval.request_reason:
                self._question.append(element("p", part.approval.request_reason, dir="auto"))
            self._question.append(
                element("button", t("approve"), type="button", class_name="primary", data_action="approve"),
                element("button", t("deny"), type="button", data_action="deny"),
            )


def _state(part: ToolPart) -> str:
    match part.state:
        case "input-streaming":
            return t("tool_preparing")
        case "input-available":
            return t("tool_running")
        case "approval-requested":
            return t("tool_asks")
        case "approval-responded":
            return t("tool_allowed") if part.approval and part.approval.approved else t("tool_denied")
        case "output-available":
            return t("tool_running") if part.preliminary else t("tool_done")
        case "output-error":
            return t("tool_failed")
        case "output-denied":
            return t("tool_denied")


def _fields(part: ToolPart) -> list[tuple[str, str]]:
    fields: list[tuple[str, Any]] = [(t("tool_input"), part.raw_input if part.input is msgspec.UNSET else part.input)]
    fields.append((t("tool_output"), None if part.output is msgspec.UNSET else part.output))
    fields.append((t("tool_error"), part.error_text))
    return [(name, _text(value)) for name, value in fields if value is not None]


def _text(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
