"""What OpenAI's Responses API understands."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edgechat import ids
from edgechat.errors import APICallError
from edgechat.model.openai_models import openai_model, remove_settings, supported_effort
from edgechat.model.openai_responses.prompt import Prompt, requested_approvals
from edgechat.model.openai_responses.shapes import WEB_SEARCHES, ToolNames
from edgechat.model.openai_responses.stream import OpenAIResponsesDecoder
from edgechat.model.openai_schema import openai_schema
from edgechat.model.openai_wire import http_error, own_options, snake_keys
from edgechat.model.types import FunctionTool, ModelCall, ModelRequest, ProviderTool, ToolNamed, without_none

type Body = dict[str, Any]

_MOST_LOGPROBS = 20


class OpenAIResponses:
    """The `API` of a model such as "gpt-5". `headers` carry the key.

    `provider` is the key of `provider_options` and of the metadata of parts: "openai", or "azure" for a model there,
    whose calls take either. Options go into the request as they are, in either spelling (promptCacheKey or
    prompt_cache_key). Of our own are "reasoningEffort", "reasoningSummary" (None for no summary), "textVerbosity",
    "strictJsonSchema", "logprobs" (True, or how many), "systemMessageMode" ("system", "developer" or "remove"), and
    "forceReasoning", which treats an unknown model as one that reasons.
    """

    def __init__(
        self,
        model_id: str,
        *,
        base_url: str = "https://api.openai.com/v1",
        headers: Mapping[str, str] | None = None,
        provider: str = "openai",
        generate_id: Callable[[], str] = ids.generate_id,
    ) -> None:
        self.model_id = model_id
        self.provider = provider
        self._url = f"{base_url.rstrip('/')}/responses"
        self._headers = dict(headers or {})
        self._generate_id = generate_id

    def build(self, call: ModelCall) -> ModelRequest:
        """Raises `InvalidArgumentError` and `UnsupportedFunctionalityError`."""
        warnings: list[str] = []
        body = request_body(
            call, self.model_id, own_options(call.provider_options, self.provider), self.provider, warnings
        )
        return ModelRequest(
            model=self.model_id,
            body=msgspec.json.encode(body),
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> OpenAIResponsesDecoder:  # noqa: ARG002
        options = own_options(call.provider_options, self.provider)
        return OpenAIResponsesDecoder(
            self.provider,
            ToolNames(call.tools),
            approved=requested_approvals(call.messages, self.provider),
            is_stored=bool(options.get("store")),
            has_logprobs=bool(options.get("logprobs")),
            generate_id=self._generate_id,
        )

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)


def request_body(call: ModelCall, model_id: str, options: Body, provider: str, warnings: list[str]) -> Body:
    """`options` go into the request as they are, but for those that this builder knows."""
    warnings += [
        f"{name} is not supported by OpenAI's Responses API."
        for name in ("top_k", "seed", "presence_penalty", "frequency_penalty", "stop_sequences")
        if getattr(call, name) not in (None, [])
    ]
    options = dict(options)
    model = openai_model(model_id)
    is_reasoning = options.pop("force_reasoning", model.is_reasoning)
    reasoning = _reasoning(call, options, model.efforts, warnings)
    samples = not is_reasoning or (model.samples_without_effort and reasoning.get("effort") == "none")
    if reasoning and not is_reasoning:
        warnings.append(f"Reasoning is not supported by {model_id}.")
    names = ToolNames(call.tools)
    role = options.pop("system_message_mode", None) or ("developer" if is_reasoning or model.is_reasoning else "system")
    prompt = Prompt(provider, names, options, warnings, is_reasoning=is_reasoning)
    body = {
        "model": model_id,
        "input": prompt.items(call.messages, role),
        "temperature": call.temperature,
        "top_p": call.top_p,
        "max_output_tokens": call.max_output_tokens,
        "text": _text(call, options, warnings) or None,
        "reasoning": (is_reasoning and reasoning) or None,
        "include": _include(options, names, is_reasoning=is_reasoning) or None,
        **_tools(call, names, warnings),
        "stream": True,
        **options,
    }
    if not samples:
        remove_settings(body, ["temperature", "top_p"], warnings)
    return without_none(body)


def _reasoning(call: ModelCall, options: Body, efforts: tuple[str, ...] | None, warnings: list[str]) -> Body:
    names = [name for name in options if name.startswith("reasoning_")]
    reasoning = {name.removeprefix("reasoning_"): options.pop(name) for name in names}
    if reasoning.get("effort") is None and call.reasoning:
        reasoning["effort"] = supported_effort(call.reasoning, efforts, warnings)
    if reasoning.get("effort") not in (None, "none"):
        reasoning.setdefault("summary", "detailed")
    return without_none(reasoning)


def _text(call: ModelCall, options: Body, warnings: list[str]) -> Body:
    text = without_none({"verbosity": options.pop("text_verbosity", None)})
    strict = options.pop("strict_json_schema", None) is not False
    wanted = call.response_format
    if wanted and wanted.schema is not None:
        schema = openai_schema(wanted.schema, warnings)
        naming = without_none({"name": wanted.name or "response", "description": wanted.description})
        text["format"] = {"type": "json_schema", "strict": strict, **naming, "schema": schema}
    elif wanted:
        text["format"] = {"type": "json_object"}
    return text


def _include(options: Body, names: ToolNames, *, is_reasoning: bool) -> list[str]:
    include = list(options.pop("include", None) or ())
    own_tools = set(names.api_names.values())
    if logprobs := options.pop("logprobs", None):
        options["top_logprobs"] = _MOST_LOGPROBS if logprobs is True else logprobs
        include.append("message.output_text.logprobs")
    if own_tools.intersection(WEB_SEARCHES):
        include.append("web_search_call.action.sources")
    if "code_interpreter" in own_tools:
        include.append("code_interpreter_call.outputs")
    if options.get("store") is False and is_reasoning:
        include.append("reasoning.encrypted_content")
    return list(dict.fromkeys(include))


def _tools(call: ModelCall, names: ToolNames, warnings: list[str]) -> Body:
    if not call.tools:
        return {}
    tools = []
    for tool in call.tools:
        if isinstance(tool, FunctionTool):
            function = {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": openai_schema(tool.input_schema, warnings),
                "strict": tool.strict or False,
            }
            tools.append(without_none(function))
        elif tool.name in names.api_names:
            tools.append(_own_tool(tool, names.api_names[tool.name]))
        else:
            warnings.append(f"The tool {tool.name} is left out: {tool.id} is not supported.")
    choice: Any = call.tool_choice
    if isinstance(choice, ToolNamed):
        api_name = names.api_names.get(choice.name)
        choice = {"type": api_name} if api_name else {"type": "function", "name": choice.name}
    return {"tools": tools, "tool_choice": choice}


def _own_tool(tool: ProviderTool, api_name: str) -> Body:
    """Arguments are as OpenAI has them, but for the case of their names."""
    args: Body = snake_keys(tool.args)
    match api_name:
        case "file_search":
            args["ranking_options"] = args.pop("ranking", None)
        case "code_interpreter":
            container = args.get("container")
            args["container"] = container if isinstance(container, str) else {"type": "auto", **(container or {})}
        case "mcp":
            args.setdefault("require_approval", "never")
    return without_none({"type": api_name, **args})
