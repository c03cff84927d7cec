"""The Messages API of Anthropic (npm `@ai-sdk/anthropic` 4.0.105)."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch
from edgechat.ids import generate_id
from edgechat.model.anthropic.cache import CacheBreakpoints
from edgechat.model.anthropic.citations import Citations, cited_documents
from edgechat.model.anthropic.content import Content
from edgechat.model.anthropic.errors import api_error
from edgechat.model.anthropic.models import claude
from edgechat.model.anthropic.options import AnthropicOptions, read_options
from edgechat.model.anthropic.prompt import prepare_prompt
from edgechat.model.anthropic.settings import answers_by_schema, option_betas, prepare_settings
from edgechat.model.anthropic.stream import AnthropicDecoder
from edgechat.model.anthropic.tools import JSON_TOOL, ToolNames, Tools, prepare_tools, runs_undeclared_code
from edgechat.model.remote import RemoteModel, http_sender
from edgechat.model.types import (
    FunctionTool,
    JSONSchema,
    LanguageModel,
    ModelCall,
    ModelRequest,
    ToolChoice,
    ToolNamed,
    without_none,
)

BASE_URL = "https://api.anthropic.com/v1"
_VERSION = "2023-06-01"
_BETA = "anthropic-beta"


class AnthropicMessages:
    """The `API` of a model such as "claude-sonnet-4-5".

    `provider_options["anthropic"]` of a call are `AnthropicOptions`. Those of messages, parts and tools may have
    `cacheControl`.
    """

    provider = "anthropic"

    def __init__(
        self,
        model_id: str,
        *,
        api_key: str,
        base_url: str = BASE_URL,
        headers: Mapping[str, str] | None = None,
        generate_id: Callable[[], str] = generate_id,
    ) -> None:
        self.model_id = model_id
        self._model = claude(model_id)
        self._url = base_url.rstrip("/") + "/messages"
        self._headers = {"anthropic-version": _VERSION, "x-api-key": api_key, **_lower(headers or {})}
        self._generate_id = generate_id

    def build(self, call: ModelCall) -> ModelRequest:
        """Raises `InvalidArgumentError` and `UnsupportedFunctionalityError`."""
        warnings: list[str] = []
        options = read_options(call.provider_options)
        cache = CacheBreakpoints(warnings)
        names = ToolNames(call.tools)
        prompt = prepare_prompt(call.messages, names, cache, warnings, send_reasoning=options.send_reasoning)
        json_tool = self._json_tool(call, options)
        schema = None if json_tool else _schema(call)
        settings = prepare_settings(call, options, self._model, schema, warnings)
        can_be_forced = self._model.can_be_forced and settings.get("thinking", {}).get("type") != "enabled"
        tools = prepare_tools(
            [*_allowed(call), json_tool] if json_tool else call.tools,
            "required" if json_tool else call.tool_choice,
            cache,
            warnings,
            strict=self._model.structured_output,
            eager=options.tool_streaming,
            can_be_forced=can_be_forced,
            one_at_a_time=True if json_tool else options.disable_parallel_tool_use,
        )
        if json_tool or (tools.choice or {}).get("type") == "auto":
            _restrict_servers(settings, call.tool_choice)
        body = {
            "model": self.model_id,
            **settings,
            "system": prompt.system,
            "messages": prompt.messages,
            "tools": tools.tools,
            "tool_choice": tools.choice,
            "stream": True,
        }
        betas = [*sorted(prompt.betas), *option_betas(options), *tools.betas]
        if (
            self._model.structured_output
            and not json_tool
            and any(isinstance(tool, FunctionTool) for tool in call.tools)
        ):
            betas.append("structured-outputs-2025-11-13")
        return ModelRequest(
            model=self.model_id,
            body=msgspec.json.encode(without_none(body)),
            url=self._url,
            headers=self._request_headers(call, [*betas, *options.anthropic_beta]),
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> AnthropicDecoder:  # noqa: ARG002
        content = Content(
            ToolNames(call.tools),
            Citations(cited_documents(call.messages), self._generate_id),
            has_json_tool=self._json_tool(call, read_options(call.provider_options)) is not None,
            runs_code=runs_undeclared_code(call.tools),
        )
        return AnthropicDecoder(content)

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return api_error(status, body)

    def _json_tool(self, call: ModelCall, options: AnthropicOptions) -> FunctionTool | None:
        """Its input is to be the answer, where the model cannot answer by the schema."""
        schema = _schema(call)
        if schema is None or answers_by_schema(schema, options, self._model):
            return None
        return FunctionTool(name=JSON_TOOL, description="Respond with a JSON object.", input_schema=schema)

    def _request_headers(self, call: ModelCall, betas: list[str]) -> dict[str, str]:
        headers = {"content-type": "application/json", **self._headers, **_lower(call.headers)}
        given = ",".join((self._headers.get(_BETA, ""), headers.get(_BETA, ""))).lower().split(",")
        # A dict is a set that keeps the order.
        if wanted := dict.fromkeys(beta for each in (*betas, *given) if (beta := each.strip())):
            headers[_BETA] = ",".join(wanted)
        return headers


def create_anthropic(
    fetch: Fetch, *, api_key: str, base_url: str = BASE_URL, headers: Mapping[str, str] | None = None
) -> Callable[[str], LanguageModel]:
    """Models by their ids: `create_anthropic(fetch, api_key=...)("claude-sonnet-4-5")`."""

    def model(model_id: str) -> LanguageModel:
        api = AnthropicMessages(model_id, api_key=api_key, base_url=base_url, headers=headers)
        return RemoteModel(api, http_sender(fetch))

    return model


def _schema(call: ModelCall) -> JSONSchema | None:
    return call.response_format.schema if call.response_format else None


def _allowed(call: ModelCall) -> Tools:
    """The tools that the choice leaves, where it cannot be sent along."""
    choice = call.tool_choice
    if choice == "none":
        return []
    return [tool for tool in call.tools if not isinstance(choice, ToolNamed) or tool.name == choice.name]


def _restrict_servers(settings: dict[str, Any], choice: ToolChoice | None) -> None:
    """Tools of MCP servers must not come in where the choice cannot be sent along."""
    if choice == "none" or isinstance(choice, ToolNamed):
        for server in settings.get("mcp_servers", ()):
            server["tool_configuration"] = {**(server.get("tool_configuration") or {}), "enabled": False}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
