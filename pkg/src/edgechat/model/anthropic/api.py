"""The Messages API of Anthropic (npm `@ai-sdk/anthropic` 4.0.105)."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

import msgspec

from edgechat.errors import APICallError, StreamFormatError
from edgechat.http import Fetch
from edgechat.ids import generate_id
from edgechat.json import JSONDecoder
from edgechat.model.anthropic import events
from edgechat.model.anthropic.content import Content
from edgechat.model.anthropic.metadata import Citations, MessageMetadata, cited_documents
from edgechat.model.anthropic.prompt import PromptBuilder
from edgechat.model.anthropic.settings import (
    JSON_TOOL,
    AnthropicOptions,
    Notes,
    ToolNames,
    claude,
    plan_thinking,
    prepare_choice,
    prepare_settings,
    prepare_tools,
    read_options,
    runs_undeclared_code,
)
from edgechat.model.parts import Custom, Error, Finish, ModelPart, ResponseMetadata, Usage
from edgechat.model.remote import RemoteModel, http_sender
from edgechat.model.types import FunctionTool, JSONSchema, LanguageModel, ModelCall, ModelRequest, without_none
from edgechat.sse import SSEDecoder

BASE_URL = "https://api.anthropic.com/v1"
_VERSION = "2023-06-01"
_BETA = "anthropic-beta"

# Errors that another try may not meet.
_RETRYABLE = {"api_error": 500, "overloaded_error": 529, "rate_limit_error": 429}

_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
_KEPT = ("$schema", "$id", "$ref", "title", "description", "default", "const", "enum", "type", "required")

_MAX_OPTIONAL = 10
"""More optional properties than these make Anthropic's grammar too large."""


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
        options = read_options(call.provider_options)
        notes = Notes(options)
        prompt = PromptBuilder(ToolNames(call.tools), notes, send_reasoning=options.send_reasoning)
        for message in call.messages:
            prompt.add(message)
        thinking, effort = plan_thinking(call.reasoning, options, self._model, notes)
        tools, choice, one_at_a_time = call.tools, call.tool_choice, options.disable_parallel_tool_use
        output_format = None
        if json_tool := self._json_tool(call, options):
            tools, choice, one_at_a_time = [*([] if choice == "none" else tools), json_tool], "required", True
        elif call.response_format and call.response_format.schema:
            output_format = {"type": "json_schema", "schema": sanitized(call.response_format.schema)}
        elif call.response_format:
            notes.warnings.append("Anthropic gives JSON by a schema only: the response format is ignored.")
        can_be_forced = self._model.can_be_forced and not (thinking and thinking.type == "enabled")
        body = {
            **options.others,
            **prepare_settings(call, thinking, self._model, notes),
            "model": self.model_id,
            "output_config": without_none({"effort": effort, "format": output_format}) or None,
            "system": prompt.system or None,
            "messages": prompt.close(),
            "tools": prepare_tools(tools, self._model, notes) or None,
            "tool_choice": prepare_choice(choice, notes, can_be_forced=can_be_forced, one_at_a_time=one_at_a_time)
            if tools
            else None,
            "stream": True,
        }
        return ModelRequest(
            model=self.model_id,
            body=msgspec.json.encode(without_none(body)),
            url=self._url,
            headers=self._request_headers(call, [*notes.betas, *options.anthropic_beta]),
            warnings=notes.warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> "AnthropicDecoder":  # noqa: ARG002
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
        schema = call.response_format and call.response_format.schema
        mode = options.structured_output_mode
        if not schema or mode == "outputFormat":
            return None
        if (
            self._model.structured_output
            and is_native(schema)
            and not (mode == "jsonTool" and self._model.can_be_forced)
        ):
            return None
        return FunctionTool(name=JSON_TOOL, description="Respond with a JSON object.", input_schema=schema)

    def _request_headers(self, call: ModelCall, betas: list[str]) -> dict[str, str]:
        headers = {"content-type": "application/json", **self._headers, **_lower(call.headers)}
        given = [self._headers.get(_BETA, ""), headers.get(_BETA, "")]
        # A dict is a set that keeps the order.
        wanted = dict.fromkeys(beta.strip().lower() for beta in ",".join([*betas, *given]).split(","))
        if any(wanted):
            headers[_BETA] = ",".join(filter(None, wanted))
        return headers


def create_anthropic(
    fetch: Fetch, *, api_key: str, base_url: str = BASE_URL, headers: Mapping[str, str] | None = None
) -> Callable[[str], LanguageModel]:
    """Models by their ids: `create_anthropic(fetch, api_key=...)("claude-sonnet-4-5")`."""

    def model(model_id: str) -> LanguageModel:
        api = AnthropicMessages(model_id, api_key=api_key, base_url=base_url, headers=headers)
        return RemoteModel(api, http_sender(fetch))

    return model


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class AnthropicDecoder:
    """Parts of one answer. Blocks of text and reasoning have their index as id.

    An answer that is cut off ends as "interrupted", and without a `Finish` where there was no output or an error.
    """

    def __init__(self, content: Content) -> None:
        self._sse = SSEDecoder()
        self._content = content
        self._metadata = MessageMetadata()
        self._message: events.Message | None = None
        self._finish: Finish | None = None
        self._has_begun = False
        self._has_failed = False
        self._is_broken = False

    def feed(self, data: bytes) -> list[ModelPart]:
        parts: list[ModelPart] = []
        if self._is_broken:
            return parts
        try:
            for event in self._sse.feed(data):
                if event.data != "[DONE]":
                    self._read(event.data, parts)
        except StreamFormatError as error:  # what follows would make no sense
            self._is_broken = True
            self._fail(error, parts)
        self._has_begun = self._has_begun or bool(parts)
        return parts

    def close(self) -> list[ModelPart]:
        if self._has_failed or not self._content.has_output:
            return []
        if self._finish is None:
            return [Finish("interrupted", Usage(is_estimated=True))]
        return [Finish("interrupted", self._finish.usage, provider_metadata=self._finish.provider_metadata)]

    def _read(self, data: str, parts: list[ModelPart]) -> None:
        try:
            event = events.decoder.decode(data)
            if isinstance(event, events.BlockDelta):
                self._content.delta(event.index, event.delta, parts)
            elif isinstance(event, events.BlockStart):
                self._content.start(event.index, event.content_block, parts)
            elif isinstance(event, events.BlockStop):
                self._content.stop(event.index, parts)
            elif isinstance(event, events.MessageStart):
                self._start(event.message, parts)
            elif isinstance(event, events.MessageDelta):
                self._metadata.change(event)
            elif isinstance(event, events.MessageStop):
                self._stop(parts)
            elif isinstance(event, events.ErrorEvent):
                self._fail(stream_error(event.error), parts)
        except msgspec.DecodeError as error:
            self._fail(StreamFormatError(f"Anthropic sent an event that cannot be read: {error}"), parts)

    def _start(self, message: events.Message, parts: list[ModelPart]) -> None:
        if self._message:
            if self._message.id == message.id:
                return
            raise StreamFormatError(
                f"Anthropic began the message {message.id!r} before the message {self._message.id!r} was complete."
            )
        self._metadata.start(message)
        self._message = message
        details = {"id": message.id, "model": message.model, "usage": message.usage}
        parts.append(ResponseMetadata(message.id, message.model))
        parts.append(Custom("anthropic.message_start", {"anthropic": details}))
        self._content.begin(message.content or [], parts)

    def _stop(self, parts: list[ModelPart]) -> None:
        self._message = None
        self._content.end(parts, goes_on=self._metadata.stop_reason in ("pause_turn", "tool_use"))
        self._finish = self._metadata.finish(is_json_answer=self._content.is_json_answer)
        parts.append(self._finish)

    def _fail(self, error: Exception, parts: list[ModelPart]) -> None:
        """An error before any output fails the call, which may then be tried again."""
        if self._has_begun or parts:
            self._has_failed = True
            parts.append(Error(error))
        elif isinstance(error, APICallError):
            raise error
        else:
            raise APICallError(str(error), is_retryable=False) from error


class _Body(msgspec.Struct):
    error: events.StreamError


_body = JSONDecoder[_Body](_Body)


def stream_error(error: events.StreamError) -> APICallError:
    """Of an answer that had begun with status 200."""
    status = _RETRYABLE.get(error.type) if error.status_code is None else error.status_code
    retryable = error.type in _RETRYABLE if error.is_retryable is None else error.is_retryable
    return APICallError(error.message, status=status, code=error.type, is_retryable=retryable)


def api_error(status: int, body: str) -> APICallError:
    """Of an answer with another status."""
    try:
        error = _body.decode(body).error
    except msgspec.DecodeError:
        return APICallError(body.strip() or f"Anthropic answered {status}.", status=status)
    return APICallError(error.message, status=status, code=error.type)


def sanitized(schema: JSONSchema) -> JSONSchema:
    """Without the keywords that Anthropic refuses. What they ask for is told in the description instead."""
    result: JSONSchema = {}
    told = []
    for key, value in schema.items():
        if key in ("properties", "$defs", "definitions"):
            result[key] = {name: sanitized(each) for name, each in value.items()}
        elif key in ("anyOf", "oneOf", "allOf"):
            result["allOf" if key == "allOf" else "anyOf"] = [sanitized(each) for each in value]
        elif key == "items":
            result[key] = sanitized(value)
        elif key in _KEPT or (key == "format" and value in _FORMATS):
            result[key] = value
        elif key not in ("additionalProperties", "discriminator"):
            told.append(f"{key}: {value if isinstance(value, str) else msgspec.json.encode(value).decode()}")
    if "properties" in schema or schema.get("type") == "object":
        result["additionalProperties"] = False
    if told:
        result["description"] = "\n".join([*filter(None, [schema.get("description")]), "; ".join(told) + "."])
    return result


def is_native(schema: JSONSchema) -> bool:
    """Whether an answer can follow the schema: it has no cycles, few optional properties, and no objects with keys that
    are not known, which would come out empty."""
    return _optional(schema, schema, ()) <= _MAX_OPTIONAL


def _optional(node: Any, root: JSONSchema, path: tuple[str, ...]) -> float:
    """How many properties are optional; infinitely many in what is no schema for Anthropic."""
    if isinstance(node, list):
        return sum(_optional(item, root, path) for item in node)
    if not isinstance(node, dict):
        return 0
    properties = node.get("properties", {})
    if _is_open(node):
        return inf
    total: float = len(properties.keys() - set(node.get("required", ())))
    if reference := node.get("$ref"):
        if reference in path:
            return inf
        total += _optional(_resolve(reference, root), root, (*path, reference))
    children = [*properties.values(), *(node.get(key) for key in ("items", "anyOf", "oneOf", "allOf"))]
    return total + _optional(children, root, path)


def _is_open(node: JSONSchema) -> bool:
    more = node.get("additionalProperties")
    is_object = "object" in (node.get("type") or ())
    return bool(more or node.get("patternProperties")) or (is_object and "properties" not in node and more is None)


def _resolve(reference: str, root: JSONSchema) -> Any:
    node: Any = root
    for key in reference.split("/")[1:]:
        node = node.get(key) if isinstance(node, dict) else None
    return node
