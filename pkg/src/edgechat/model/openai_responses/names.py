"""The tools of a call: the caller may have other names for OpenAI's own than the API has."""

from collections.abc import Iterable

from edgechat.model.types import FunctionTool, ProviderTool

BY_TYPE = frozenset(
    {
        "apply_patch",
        "code_interpreter",
        "computer",
        "file_search",
        "image_generation",
        "mcp",
        "programmatic_tool_calling",
        "web_search",
        "web_search_preview",
    }
)
"""OpenAI's own tools that are chosen by their type. The others cannot be forced."""

_API_NAMES = {f"openai.{name}": name for name in (*BY_TYPE, "local_shell", "shell", "tool_search")}
OWN_TOOLS = frozenset({*_API_NAMES, "openai.custom"})
"""Ids of `ProviderTool`s."""


class ToolNames:
    def __init__(self, tools: Iterable[FunctionTool | ProviderTool]) -> None:
        self.functions: set[str] = set()
        self.provided: dict[str, ProviderTool] = {}
        """OpenAI's own tools, the first of each kind, by what the API calls it."""
        self._api_names: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for tool in tools:
            if isinstance(tool, FunctionTool):
                self.functions.add(tool.name)
            elif api_name := _API_NAMES.get(tool.id):
                self.provided.setdefault(api_name, tool)
                self._api_names[tool.name] = api_name
                self._names[api_name] = tool.name

    def api_name(self, name: str) -> str:
        return self._api_names.get(name, name)

    def name(self, api_name: str) -> str:
        return self._names.get(api_name, api_name)

    @property
    def web_search(self) -> str:
        """The API does not tell which of its two searches a call is of."""
        searches = (tool.name for name, tool in self.provided.items() if name in ("web_search", "web_search_preview"))
        return self.name(next(searches, "web_search"))
