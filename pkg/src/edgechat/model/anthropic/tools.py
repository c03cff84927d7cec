"""Tools as Anthropic takes them (npm `@ai-sdk/anthropic` 4.0.105, `anthropic-prepare-tools.ts`)."""

from typing import Any

import msgspec

from edgechat.model.anthropic.cache import CacheBreakpoints
from edgechat.model.anthropic.names import options_of, snake
from edgechat.model.types import FunctionTool, ProviderTool, ToolChoice, ToolNamed, without_none

_EDITOR = "str_replace_based_edit_tool"

# Of each tool of Anthropic's own: what the model calls it, and the beta it needs.
_PROVIDER_TOOLS: dict[str, tuple[str, str | None]] = {
    "advisor_20260301": ("advisor", "advisor-tool-2026-03-01"),
    "bash_20241022": ("bash", "computer-use-2024-10-22"),
    "bash_20250124": ("bash", "computer-use-2025-01-24"),
    "code_execution_20250522": ("code_execution", "code-execution-2025-05-22"),
    "code_execution_20250825": ("code_execution", "code-execution-2025-08-25"),
    "code_execution_20260120": ("code_execution", None),
    "memory_20250818": ("memory", "context-management-2025-06-27"),
    "text_editor_20241022": ("str_replace_editor", "computer-use-2024-10-22"),
    "text_editor_20250124": ("str_replace_editor", "computer-use-2025-01-24"),
    "text_editor_20250429": (_EDITOR, "computer-use-2025-01-24"),
    "text_editor_20250728": (_EDITOR, None),
    "tool_search_bm25_20251119": ("tool_search_tool_bm25", None),
    "tool_search_regex_20251119": ("tool_search_tool_regex", None),
    "web_fetch_20250910": ("web_fetch", "web-fetch-2025-09-10"),
    "web_fetch_20260209": ("web_fetch", "code-execution-web-tools-2026-02-09"),
    "web_fetch_20260318": ("web_fetch", None),
    "web_search_20250305": ("web_search", None),
    "web_search_20260209": ("web_search", "code-execution-web-tools-2026-02-09"),
    "web_search_20260318": ("web_search", None),
}

# Web tools that run code by themselves, so that calls of it come undeclared.
_CODE_RUNNING = ("web_fetch_20260209", "web_fetch_20260318", "web_search_20260209", "web_search_20260318")

JSON_TOOL = "json"
"""Its input is the answer, where a model cannot answer by a JSON schema."""

type Tools = list[FunctionTool | ProviderTool]


def _kind(tool: FunctionTool | ProviderTool) -> str | None:
    """ "web_search_20250305" of "anthropic.web_search_20250305"."""
    if isinstance(tool, FunctionTool):
        return None
    provider, _, kind = tool.id.partition(".")
    return kind if provider == "anthropic" and kind in _PROVIDER_TOOLS else None


class ToolNames:
    """Tools of Anthropic's own may go by other names with the caller ("custom") than with Anthropic ("provider")."""

    def __init__(self, tools: Tools) -> None:
        self._provider = {tool.name: _PROVIDER_TOOLS[kind][0] for tool in tools if (kind := _kind(tool))}
        self._custom = {provider: custom for custom, provider in self._provider.items()}

    def custom(self, name: str) -> str:
        return self._custom.get(name, name)

    def provider(self, name: str) -> str:
        return self._provider.get(name, name)


def runs_undeclared_code(tools: Tools) -> bool:
    kinds = [_kind(tool) or "" for tool in tools]
    return any(kind in _CODE_RUNNING for kind in kinds) and not any(kind.startswith("code_execution") for kind in kinds)


class PreparedTools(msgspec.Struct):
    tools: list[dict[str, Any]] | None = None
    choice: dict[str, Any] | None = None
    betas: list[str] = []


def prepare_tools(
    tools: Tools,
    choice: ToolChoice | None,
    cache: CacheBreakpoints,
    warnings: list[str],
    *,
    strict: bool,
    eager: bool,
    can_be_forced: bool,
    one_at_a_time: bool | None,
) -> PreparedTools:
    """`strict` and `can_be_forced` say what the model can do. Eager input comes as it is written, before Anthropic has
    seen whether it is JSON."""
    if not tools:
        return PreparedTools()
    prepared: list[dict[str, Any]] = []
    betas: list[str] = []
    for tool in tools:
        if isinstance(tool, FunctionTool):
            prepared.append(_function(tool, cache, warnings, strict=strict, eager=eager))
            if "allowed_callers" in prepared[-1]:
                betas.append("advanced-tool-use-2025-11-20")
        elif kind := _kind(tool):
            name, beta = _PROVIDER_TOOLS[kind]
            prepared.append({"type": _type(kind), "name": name, **without_none(snake(tool.args))})
            betas += [beta] if beta else []
        else:
            warnings.append(f"Anthropic has no tool {tool.id}.")
    if isinstance(choice, ToolNamed) and not can_be_forced:
        prepared = [tool for tool in prepared if tool["name"] == choice.name]
    return PreparedTools(prepared, _choice(choice, warnings, can_be_forced, one_at_a_time), betas)


def _type(kind: str) -> str:
    return kind.replace("tool_search_", "tool_search_tool_")


def _function(
    tool: FunctionTool, cache: CacheBreakpoints, warnings: list[str], *, strict: bool, eager: bool
) -> dict[str, Any]:
    options = options_of(tool.provider_options)
    if tool.strict and not strict:
        warnings.append(f"The tool {tool.name} cannot be strict with this model.")
    return without_none(
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": tool.input_schema,
            "cache_control": cache.at(tool.provider_options),
            "eager_input_streaming": options.get("eager_input_streaming", eager) or None,
            "strict": tool.strict if strict else None,
            "defer_loading": options.get("defer_loading"),
            "allowed_callers": options.get("allowed_callers"),
        }
    )


def _choice(
    choice: ToolChoice | None, warnings: list[str], can_be_forced: bool, one_at_a_time: bool | None
) -> dict[str, Any] | None:
    if choice is None and not one_at_a_time:
        return None
    if choice == "none":
        return {"type": "none"}
    parallel = without_none({"disable_parallel_tool_use": one_at_a_time})
    if choice is None or choice == "auto":
        return {"type": "auto", **parallel}
    if not can_be_forced:
        warnings.append(
            "This model, or the way it thinks, cannot be forced to call a tool. "
            "The prompt should ask for the call, and the caller see whether it was made."
        )
        return {"type": "auto", **parallel}
    if choice == "required":
        return {"type": "any", **parallel}
    return {"type": "tool", "name": choice.name, **parallel}
