"""Tools: what a model may call, and its calls. `@tool` makes one of a typed function."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from typing import Annotated, Any, get_args, get_origin, get_type_hints, overload

import msgspec

from edgechat.errors import InvalidToolInputError, NoSuchToolError, ToolCallRepairError, ToolError
from edgechat.generate.schema import Schema
from edgechat.generate.stream_parts import ToolCall
from edgechat.json import JSONDecoder
from edgechat.model import parts as model
from edgechat.model.prompt import ModelMessage, ToolOutput
from edgechat.model.types import FunctionTool, JSONSchema, ProviderTool
from edgechat.ui.validate import ToolTypes

_any = JSONDecoder[Any](Any)


class ToolContext(msgspec.Struct, frozen=True):
    """What a tool may know of its call: a parameter annotated with this type receives it."""

    tool_call_id: str
    messages: Sequence[ModelMessage]
    """What the model was told before it called."""
    context: Any = None
    """The `context` given to `stream_text`: a session, a database."""


class Tool:
    """A tool by its parts; see `tool` for the usual way to make one.

    Without `execute` it is the page that runs it: the step loop ends with the call, and the result comes with the next
    request. An `execute` that is an async generator yields preliminary results, the last of which counts.
    """

    def __init__(
        self,
        name: str,
        *,
        description: str | None = None,
        input: Schema[Any] | JSONSchema,
        execute: Callable[[Any, ToolContext], Any] | None = None,
        needs_approval: bool | Callable[[Any], bool | Awaitable[bool]] = False,
        to_model_output: Callable[[Any], ToolOutput] | None = None,
        title: str | None = None,
        strict: bool | None = None,
        metadata: dict[str, Any] | None = None,
        dynamic: bool = False,
        timeout: float | None = None,
    ) -> None:
        self.name = name
        self.description = description
        self.execute = execute
        self.needs_approval = needs_approval
        self.to_model_output = to_model_output
        self.title = title
        self.strict = strict
        self.metadata = metadata
        self.dynamic = dynamic
        self.timeout = timeout
        """Seconds; the timeout of the whole call says it for all tools."""
        self._schema = input if isinstance(input, Schema) else None
        self.input_schema: JSONSchema = input.json if isinstance(input, Schema) else input

    @property
    def definition(self) -> FunctionTool:
        """As the model is told of it."""
        return FunctionTool(
            name=self.name, description=self.description, input_schema=self.input_schema, strict=self.strict
        )

    @property
    def types(self) -> ToolTypes:
        """For `validate_ui_messages`."""
        return ToolTypes(self._schema.type if self._schema else Any)

    def parse(self, text: str) -> tuple[Any, Any]:
        """A model's input, as JSON and as the value that `execute` gets. Raises `InvalidToolInputError`."""
        # Many models send an empty text for no arguments.
        text = text if text.strip() else "{}"
        try:
            plain = _any.decode(text)
            return plain, self._schema.decode(text) if self._schema else plain
        except ValueError as error:
            raise InvalidToolInputError(self.name, text, str(error)) from None


type ToolSet = Sequence[Tool | ProviderTool]


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    needs_approval: bool | Callable[[Any], bool | Awaitable[bool]] = False,
    to_model_output: Callable[[Any], ToolOutput] | None = None,
    title: str | None = None,
    strict: bool | None = None,
    timeout: float | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    **options: Any,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Makes a tool of a typed function: its name, its docstring, and a JSON Schema of its parameters.

    The function may be sync, async, or an async generator of preliminary results. What the model sends is validated
    against the annotations; `Annotated[str, "what it is"]` or `msgspec.Meta` describe a parameter. A parameter that is
    annotated `ToolContext` is not the model's to fill. A callable `needs_approval` is given the arguments, as a struct.
    """

    def decorate(function: Callable[..., Any]) -> Tool:
        arguments, context_name = _arguments_of(function)
        fields = arguments.__struct_fields__

        def execute(value: Any, context: ToolContext) -> Any:
            keywords = {field: getattr(value, field) for field in fields}
            if context_name:
                keywords[context_name] = context
            return function(**keywords)

        return Tool(
            name or function.__name__,
            description=description or inspect.getdoc(function),
            input=Schema(arguments),
            execute=execute,
            **options,
        )

    return decorate if function is None else decorate(function)


def _arguments_of(function: Callable[..., Any]) -> tuple[type[msgspec.Struct], str | None]:
    """The parameters as a struct, and the name of the one that takes the `ToolContext`."""
    hints = get_type_hints(function, include_extras=True)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    context_name = None
    for parameter in inspect.signature(function).parameters.values():
        annotation = hints.get(parameter.name, Any)
        if annotation is ToolContext:
            context_name = parameter.name
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"Tool {function.__name__}: the parameter {parameter} has no name a model could use.")
        elif parameter.default is parameter.empty:
            fields.append((parameter.name, _described(annotation)))
        else:
            fields.append((parameter.name, _described(annotation), _default(parameter.default)))
    return msgspec.defstruct(function.__name__, fields, kw_only=True), context_name


def _described(annotation: Any) -> Any:
    """`Annotated[T, "text"]` as msgspec writes it."""
    if get_origin(annotation) is not Annotated:
        return annotation
    bare, *notes = get_args(annotation)
    metas = tuple(msgspec.Meta(description=note) if isinstance(note, str) else note for note in notes)
    return Annotated[bare, *metas]


def _default(value: Any) -> Any:
    """A mutable default, as msgspec wants it: a fresh one each time."""
    if isinstance(value, list | dict | set):
        return msgspec.field(default_factory=value.copy)
    return value


def by_name(tools: ToolSet) -> dict[str, Tool]:
    """The tools that are ours to run or to validate. Raises `ValueError` for two of the same name."""
    names = [tool.name for tool in tools]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"Two tools have the name {min(twice)!r}.")
    return {tool.name: tool for tool in tools if isinstance(tool, Tool)}


type RepairToolCall = Callable[[model.ToolCall, ToolError], Awaitable[model.ToolCall | None]]
"""Given an invalid call and why it is: a better one, or None."""


def parse_tool_call(part: model.ToolCall, tools: Mapping[str, Tool], provider_tools: Set[str]) -> ToolCall:
    """A call whose `error` says what is wrong with it, if anything is."""
    tool = tools.get(part.tool_name)
    call = ToolCall(
        tool_call_id=part.tool_call_id,
        tool_name=part.tool_name,
        input=None,
        provider_executed=part.provider_executed,
        dynamic=True if tool and tool.dynamic else None,
        title=tool.title if tool else None,
        metadata=tool.metadata if tool else None,
        provider_metadata=part.provider_metadata,
    )
    try:
        if tool:
            call.input, call.value = tool.parse(part.input)
        elif part.tool_name in provider_tools or (part.provider_executed and part.dynamic):
            call.input = _decode(part)
            call.dynamic = True if part.dynamic else None
        else:
            raise NoSuchToolError(part.tool_name, [*tools, *provider_tools])
    except ToolError as error:
        call.error, call.dynamic = error, True
        try:
            call.input = _any.decode(part.input)
        except msgspec.DecodeError:
            call.input = part.input
    return call


async def repaired(
    part: model.ToolCall, error: ToolError, repair: RepairToolCall, tools: Mapping[str, Tool], provider_tools: Set[str]
) -> ToolCall | None:
    """What `repair` makes of an invalid call: None if it has nothing better."""
    try:
        better = await repair(part, error)
    except Exception as failure:
        raise ToolCallRepairError(f"The repair of a call of {part.tool_name} failed: {failure}") from failure
    return parse_tool_call(better, tools, provider_tools) if better else None


def _decode(part: model.ToolCall) -> Any:
    if not part.input.strip():
        return {}
    try:
        return _any.decode(part.input)
    except msgspec.DecodeError as error:
        raise InvalidToolInputError(part.tool_name, part.input, str(error)) from None
