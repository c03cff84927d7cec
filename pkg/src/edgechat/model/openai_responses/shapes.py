"""What the shapes of the Responses API have in common, and how their names become those of the AI SDK."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from edgechat.model.types import FunctionTool, ProviderTool

type Number = int | float
type Status = Literal["in_progress", "completed", "incomplete"]

WEB_SEARCHES = ("web_search", "web_search_preview")
_OWN_TOOLS = (*WEB_SEARCHES, "code_interpreter", "file_search", "image_generation", "mcp")
_API_NAMES = {f"openai.{name}": name for name in _OWN_TOOLS}
"""By the id of a `ProviderTool`."""


class Variant(msgspec.Struct, tag_field="type", omit_defaults=True):
    """One shape of several, told apart by their `type`."""


class Item(Variant):
    """A piece of the output, or of a conversation."""

    id: str


def to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def camel(name: str) -> str:
    return re.sub("_(.)", lambda match: match[1].upper(), name)


def camel_keys(shape: msgspec.Struct) -> dict[str, Any]:
    """The fields under the names of the AI SDK: `timeoutMs` for `timeout_ms`. Not the fields of what is inside."""
    return {camel(key): value for key, value in msgspec.to_builtins(shape).items()}


class ToolNames:
    """The tools of a call: the caller may have other names for OpenAI's own than the API has."""

    def __init__(self, tools: Sequence[FunctionTool | ProviderTool]) -> None:
        self.functions = {tool.name for tool in tools if isinstance(tool, FunctionTool)}
        own = [tool for tool in tools if isinstance(tool, ProviderTool) and tool.id in _API_NAMES]
        self.api_names = {tool.name: _API_NAMES[tool.id] for tool in own}
        """By the caller's names of OpenAI's own tools."""
        self._names = {_API_NAMES[tool.id]: tool.name for tool in own}
        searches = (tool.name for tool in own if _API_NAMES[tool.id] in WEB_SEARCHES)
        self.web_search = self.name(next(searches, "web_search"))
        """The API does not tell which of its two searches a call is of."""

    def name(self, api_name: str) -> str:
        return self._names.get(api_name, api_name)
