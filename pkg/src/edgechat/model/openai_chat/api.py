"""What OpenAI's Chat Completions API understands."""

from collections.abc import Mapping
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.model.openai_chat.decoder import OpenAIChatDecoder
from edgechat.model.openai_chat.messages import ChatMessages
from edgechat.model.openai_models import OpenAIModel, openai_model, remove_settings, supported_effort
from edgechat.model.openai_schema import openai_schema
from edgechat.model.openai_wire import http_error, own_options
from edgechat.model.prompt import SystemMessage
from edgechat.model.types import Decoder, FunctionTool, ModelCall, ModelRequest, ToolNamed, without_none

BASE_URL = "https://api.openai.com/v1"

type Body = dict[str, Any]


class OpenAIChat:
    """The `API` of a model such as "gpt-4.1-mini". `headers` carry the key.

    `provider_options["openai"]` go into the request as they are, in either spelling (promptCacheKey or
    prompt_cache_key). Of our own are "reasoningEffort", "textVerbosity", "strictJsonSchema", "logprobs" (True, or how
    many), "systemMessageMode" ("system", "developer" or "remove") and "forceReasoning".
    """

    def __init__(
        self,
        model_id: str,
        *,
        provider: str = "openai",
        base_url: str = BASE_URL,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.model_id = model_id
        self.provider = provider
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = headers or {}

    def build(self, call: ModelCall) -> ModelRequest:
        warnings: list[str] = []
        body = self._body(call, warnings)
        return ModelRequest(
            model=self.model_id,
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            body=msgspec.json.encode(body),
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> Decoder:  # noqa: ARG002
        return OpenAIChatDecoder()

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)

    def _body(self, call: ModelCall, warnings: list[str]) -> dict[str, Any]:
        options = own_options(call.provider_options, self.provider)
        return request_body(self.model_id, self.provider, call, options, warnings)


def common_body(
    model_id: str,
    call: ModelCall,
    messages: list[Body],
    warnings: list[str],
    *,
    strict: bool,
    has_schemas: bool = True,
) -> Body:
    """`strict`: the answer keeps to its schema to the letter. `has_schemas`: the server takes one."""
    body: Body = {
        "model": model_id,
        "messages": messages,
        "max_tokens": call.max_output_tokens,
        "temperature": call.temperature,
        "top_p": call.top_p,
        "frequency_penalty": call.frequency_penalty,
        "presence_penalty": call.presence_penalty,
        "stop": call.stop_sequences or None,
        "seed": call.seed,
        "stream": True,
    }
    if call.top_k is not None:
        warnings.append("top_k is not supported by the Chat Completions API.")
    if wanted := call.response_format:
        body["response_format"] = {"type": "json_object"}
        if wanted.schema is not None and has_schemas:
            naming = without_none({"name": wanted.name or "response", "description": wanted.description})
            schema = {"schema": openai_schema(wanted.schema, warnings), "strict": strict, **naming}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif wanted.schema is not None:
            warnings.append("The server takes no schema for JSON: the answer may have another shape.")
    return without_none(body) | _tools(call, warnings)


def request_body(model_id: str, provider: str, call: ModelCall, options: Body, warnings: list[str]) -> Body:
    """`options` go into the request as they are, but for those that this builder knows."""
    options = dict(options)
    model = openai_model(model_id)
    is_reasoning = options.pop("force_reasoning", model.is_reasoning)
    role = options.pop("system_message_mode", None) or ("developer" if is_reasoning or model.is_reasoning else "system")
    messages = call.messages
    if role == "remove":
        warnings.append("This model takes no system messages: they are left out.")
        messages = [message for message in messages if not isinstance(message, SystemMessage)]
    strict = options.pop("strict_json_schema", None) is not False
    body = common_body(model_id, call, ChatMessages(provider, role).convert(messages), warnings, strict=strict)
    body["stream_options"] = {"include_usage": True}
    body["reasoning_effort"] = options.pop("reasoning_effort", None) or _effort(call, model, warnings)
    body["verbosity"] = options.pop("text_verbosity", None)
    if logprobs := options.pop("logprobs", None):
        body |= {"logprobs": True, "top_logprobs": 0 if logprobs is True else logprobs}
    if options.pop("reasoning_summary", None) is not None:
        warnings.append("The Chat Completions API has no reasoningSummary; the Responses API has.")
    body |= options
    if is_reasoning:
        _remove_for_reasoning(body, model, warnings)
    return without_none(body)


def _tools(call: ModelCall, warnings: list[str]) -> Body:
    tools = []
    for tool in call.tools:
        if isinstance(tool, FunctionTool):
            function = {
                "name": tool.name,
                "description": tool.description,
                "parameters": openai_schema(tool.input_schema, warnings),
                "strict": tool.strict,
            }
            tools.append({"type": "function", "function": without_none(function)})
        else:
            warnings.append(f"The tool {tool.id} is not supported by the Chat Completions API.")
    choice: Any = call.tool_choice
    if isinstance(choice, ToolNamed):
        choice = {"type": "function", "function": {"name": choice.name}}
    return without_none({"tools": tools, "tool_choice": choice}) if tools else {}


def _effort(call: ModelCall, model: OpenAIModel, warnings: list[str]) -> str | None:
    if not model.chat_reasons_with_tools and any(isinstance(tool, FunctionTool) for tool in call.tools):
        if call.reasoning not in (None, "none"):
            warnings.append("This model does not reason with tools, except by the Responses API.")
        return "none"
    if call.reasoning is None:
        return None
    # "max" is for the Responses API.
    efforts = model.efforts and tuple(effort for effort in model.efforts if effort != "max")
    return supported_effort(call.reasoning, efforts, warnings)


def _remove_for_reasoning(body: Body, model: OpenAIModel, warnings: list[str]) -> None:
    names = ["frequency_penalty", "presence_penalty", "logit_bias", "top_logprobs"]
    if body["reasoning_effort"] != "none" or not model.samples_without_effort:
        names += ["temperature", "top_p", "logprobs"]
    remove_settings(body, names, warnings)
    if "max_tokens" in body:
        body.setdefault("max_completion_tokens", body.pop("max_tokens"))
