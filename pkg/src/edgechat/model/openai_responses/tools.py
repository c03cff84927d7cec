"""The tools of a call, and the choice among them, in OpenAI's words (npm `@ai-sdk/openai` 4.0.118,
`openai-responses-prepare-tools.ts`).
"""

from typing import Any

import msgspec

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.openai_responses.allowed_tools import Allowable
from edgechat.model.openai_responses.names import BY_TYPE, OWN_TOOLS, ToolNames
from edgechat.model.openai_responses.options import AllowedTools, FunctionOptions, Namespace, read_options
from edgechat.model.openai_responses.shapes import snake_keys
from edgechat.model.openai_schema import openai_schema
from edgechat.model.types import FunctionTool, ModelCall, ProviderTool, ToolNamed, without_none


class PreparedTools(msgspec.Struct):
    tools: list[dict[str, Any]] | None = None
    choice: Any = None
    custom: set[str] = msgspec.field(default_factory=set)
    """Names of tools whose input is text."""
    with_output_schema: set[str] = msgspec.field(default_factory=set)


def prepare_tools(
    call: ModelCall,
    names: ToolNames,
    provider: str,
    *,
    allowed: AllowedTools | None,
    has_async: bool,
    warnings: list[str],
) -> PreparedTools:
    prepared = PreparedTools()
    if not call.tools:
        return prepared
    allowable = Allowable(names)
    tools = prepared.tools = []
    namespaces: dict[str, dict[str, Any]] = {}
    for tool in call.tools:
        if isinstance(tool, ProviderTool):
            if wire := _provider_tool(tool, has_async=has_async, warnings=warnings):
                tools.append(wire)
                allowable.add_provided(tool.name, wire)
                if wire["type"] == "custom":
                    prepared.custom.add(tool.name)
            continue
        options = read_options(tool.provider_options, FunctionOptions, provider, "openai")
        if options.output_schema is not None:
            prepared.with_output_schema.add(tool.name)
        if options.omit_from_request_tools:
            _refuse_forced(tool.name, call, allowed)
            allowable.refuse(tool.name, "it is left out of the tools of the request")
            continue
        wire = _function_tool(tool, options, has_async=has_async, warnings=warnings)
        if namespace := options.namespace:
            _into_namespace(wire, namespace, namespaces, tools)
            allowable.refuse(tool.name, "it is inside a namespace")
        else:
            tools.append(wire)
            if options.defer_loading:
                allowable.refuse(tool.name, "it is loaded later")
            else:
                allowable.add(tool.name, {"type": "function", "name": tool.name})
    if allowed:
        prepared.choice = allowable.choice(allowed, warnings)
    elif isinstance(call.tool_choice, ToolNamed):
        prepared.choice = _named(names.api_name(call.tool_choice.name), prepared.custom)
    else:
        prepared.choice = call.tool_choice
    return prepared


def _function_tool(
    tool: FunctionTool, options: FunctionOptions, *, has_async: bool, warnings: list[str]
) -> dict[str, Any]:
    output_schema = options.output_schema
    return without_none(
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": openai_schema(tool.input_schema, warnings),
            "async": _is_async(options.is_async, tool.name, has_async=has_async, warnings=warnings),
            "strict": tool.strict or False,
            "defer_loading": options.defer_loading,
            "allowed_callers": options.allowed_callers,
            "output_schema": None if output_schema is None else openai_schema(output_schema, warnings),
        }
    )


def _provider_tool(tool: ProviderTool, *, has_async: bool, warnings: list[str]) -> dict[str, Any] | None:
    """Arguments are as OpenAI has them, but for the case of their names."""
    if tool.id not in OWN_TOOLS:
        warnings.append(f"The tool {tool.name} is left out: OpenAI has no {tool.id}.")
        return None
    kind = tool.id.removeprefix("openai.")
    args: dict[str, Any] = snake_keys(tool.args)
    match kind:
        case "file_search":
            args["ranking_options"] = args.pop("ranking", None)
        case "code_interpreter":
            container = args.get("container")
            args["container"] = container if isinstance(container, str) else {"type": "auto", **(container or {})}
        case "mcp":
            args["require_approval"] = args.get("require_approval") or "never"
        case "custom":
            args["name"] = tool.name
            args["async"] = _is_async(args.get("async"), tool.name, has_async=has_async, warnings=warnings)
        case "shell":
            if environment := args.get("environment"):
                args["environment"] = {"type": "local", **environment}
                if skills := environment.get("skills"):
                    args["environment"]["skills"] = [_skill(skill) for skill in skills]
    return without_none({"type": kind, **args})


def _skill(skill: dict[str, Any]) -> dict[str, Any]:
    if skill.get("type") != "skill_reference":
        return skill
    try:
        skill_id = skill["provider_reference"]["openai"]
    except KeyError:
        raise UnsupportedFunctionalityError("A skill was not uploaded to OpenAI.") from None
    return {"type": "skill_reference", "skill_id": skill_id, "version": skill.get("version") or "latest"}


def _is_async(value: bool | None, tool_name: str, *, has_async: bool, warnings: list[str]) -> bool | None:
    if value and not has_async:
        warnings.append(f"Asynchronous calls of {tool_name} are not supported by this model.")
        return None
    return value


def _into_namespace(
    wire: dict[str, Any], namespace: Namespace, namespaces: dict[str, dict[str, Any]], tools: list[dict[str, Any]]
) -> None:
    name, description = namespace.name, namespace.description
    if name not in namespaces:
        namespaces[name] = {"type": "namespace", "name": name, "description": description, "tools": []}
        tools.append(namespaces[name])
    if namespaces[name]["description"] != description:
        raise UnsupportedFunctionalityError(f"The namespace {name!r} of tools has different descriptions.")
    namespaces[name]["tools"].append(wire)


def _refuse_forced(name: str, call: ModelCall, allowed: AllowedTools | None) -> None:
    if allowed is None and call.tool_choice == ToolNamed(name):
        raise UnsupportedFunctionalityError(
            f"The tool {name} cannot be forced: it is left out of the tools of the request."
        )


def _named(api_name: str, custom: set[str]) -> dict[str, Any]:
    if api_name in BY_TYPE:
        return {"type": api_name}
    return {"type": "custom" if api_name in custom else "function", "name": api_name}
