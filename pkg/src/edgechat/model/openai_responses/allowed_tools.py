"""Which tools may be called, by the option `allowedTools`: the list of tools stays as it is, and is found cached."""

from typing import Any

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.openai_responses.names import BY_TYPE, ToolNames
from edgechat.model.openai_responses.options import AllowedTools

type _Entry = dict[str, Any] | str
"""How a tool is allowed, or why it cannot be."""


class Allowable:
    def __init__(self, names: ToolNames) -> None:
        self._names = names
        self._entries: dict[str, _Entry] = {}
        self._aliases: dict[str, _Entry | None] = {}
        """By OpenAI's own names. None where several tools have the same."""

    def add(self, name: str, entry: dict[str, Any]) -> None:
        self._entries[name] = entry

    def refuse(self, name: str, reason: str) -> None:
        self._entries[name] = reason

    def add_provided(self, name: str, tool: dict[str, Any]) -> None:
        entry = self._entries[name] = _entry(name, tool)
        api_name = self._names.api_name(name)
        if api_name != name:
            self._aliases[api_name] = entry if self._aliases.get(api_name, entry) == entry else None

    def choice(self, allowed: AllowedTools, warnings: list[str]) -> dict[str, Any]:
        entries = []
        for name in allowed.tool_names:
            if name not in self._entries and name not in self._aliases:
                warnings.append(f"{name!r} in allowedTools is not among the tools of the request.")
                entries.append({"type": "function", "name": self._names.api_name(name)})
                continue
            if name in self._entries and name in self._aliases:
                warnings.append(f"{name!r} in allowedTools means the tool of this name, not OpenAI's own.")
            entry = self._entries[name] if name in self._entries else self._aliases[name]
            if entry is None:
                warnings.append(f"{name!r} in allowedTools means several tools, and is left out.")
            elif isinstance(entry, str):
                warnings.append(f"The tool {name} cannot be allowed: {entry}.")
            else:
                entries.append(entry)
        if not entries:
            raise UnsupportedFunctionalityError("None of the tools in allowedTools can be allowed.")
        return {"type": "allowed_tools", "mode": allowed.mode, "tools": entries}


def _entry(name: str, tool: dict[str, Any]) -> _Entry:
    kind = tool["type"]
    if kind == "custom":
        return {"type": "custom", "name": name}
    if kind == "mcp":
        return {"type": "mcp", "server_label": tool.get("server_label")}
    if kind in BY_TYPE or kind in ("shell", "local_shell"):
        return {"type": kind}
    return f"OpenAI allows no tools of the type {kind} one by one"
