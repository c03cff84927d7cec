"""All errors of edgechat.

EdgeChatError
├── APICallError                    a server answered with an error, or could not be reached
├── InvalidArgumentError            a call has an argument that cannot be read, such as a provider option
├── TypeValidationError             data from outside that is not what was expected
├── MessageConversionError          a UI message of which no model can be told
├── UnsupportedFunctionalityError   a call asks for what a model or its API cannot do
├── NoSuchModelError                an id that names no model
│   └── NoSuchProviderError         its first part names no provider
├── GenerationError                 a model answered, but not with what was asked for
│   ├── NoOutputGeneratedError      nothing at all
│   ├── NoObjectGeneratedError      text that is not the wanted JSON
│   ├── NoTranscriptGeneratedError  no words in a recording
│   ├── NoSpeechGeneratedError      no sound for a text
│   └── ToolChoiceViolationError    no tool call where one was required, or one where none was allowed
├── ToolError                       a tool could not be called, or failed
│   ├── NoSuchToolError
│   ├── InvalidToolInputError
│   ├── ToolCallRepairError         the repair of an invalid call failed itself
│   ├── ToolExecutionError          raised by a tool, in words for the model and the user
│   └── InvalidToolApprovalError    a forged, unknown or changed approval
├── RoutingError                    a model that does not answer, because another one ought to
│   ├── ModelRefusedError           it refuses, or does not know
│   ├── NotChosenError              the router has chosen another one
│   └── CircuitOpenError            it has failed too often of late
├── ModelTimeoutError               a limit of time has passed
├── StreamTruncatedError            a stream ended before its end mark
├── StreamFormatError               bytes that are no stream of the expected kind
│   └── InvalidChunkError           one chunk of a UI message stream is wrong
└── UIMessageStreamError            chunks that are valid one by one but not in this order
"""

from collections.abc import Sequence
from typing import Any

MASKED = "Something went wrong. Please try again."


class EdgeChatError(Exception):
    """Root of the tree.

    `is_retryable` says whether the same call may succeed later. `public_message` is what a browser may be told:
    a neutral sentence, unless a class or a call declares its text safe.
    """

    is_retryable = False
    public_message = MASKED


def public_text(error: object) -> str:
    """What a browser may be told of an error: nothing that is not declared safe."""
    return error.public_message if isinstance(error, EdgeChatError) else MASKED


class APICallError(EdgeChatError):
    """A server answered with an error, or could not be reached (`status` is None then).

    `code` is the server's own code, such as Workers AI's 3040; `retry_after` are the seconds it asks to wait.
    """

    retry_after: float | None = None

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | str | None = None,
        is_retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        retry = status is None or status in (408, 409, 429) or status >= 500
        self.is_retryable = retry if is_retryable is None else is_retryable


class InvalidArgumentError(EdgeChatError):
    """A call has an argument that cannot be read, such as a provider option."""


class TypeValidationError(EdgeChatError):
    """Data from outside that is not what was expected. The message names the first wrong field by its path."""


class MessageConversionError(EdgeChatError):
    """A UI message of which no model can be told."""


class UnsupportedFunctionalityError(EdgeChatError):
    """A call asks for what a model or its API cannot do."""


class NoSuchModelError(EdgeChatError):
    """An id names no model of a provider or registry of one's own. What a server does not know is an `APICallError`."""

    def __init__(self, model_id: str, advice: str) -> None:
        super().__init__(f"There is no model {model_id!r}. {advice}")
        self.model_id = model_id


class NoSuchProviderError(NoSuchModelError):
    """The first part of an id names no provider."""

    def __init__(self, model_id: str, provider: str, available: list[str]) -> None:
        super().__init__(model_id, f"The provider {provider!r} is not one of: {', '.join(available)}.")
        self.provider = provider
        self.available = available


class StreamTruncatedError(EdgeChatError):
    """The connection ended in good order, but in the middle of the answer."""

    is_retryable = True
    public_message = "The answer was cut off."


class StreamFormatError(EdgeChatError):
    """Bytes that are no stream of the expected kind."""


class InvalidChunkError(StreamFormatError):
    """One chunk of a UI message stream is wrong. The message names its position, its type and the field.

    `chunks` are the good ones that came before it in the same read.
    """

    chunks: Sequence[Any] = ()


class UIMessageStreamError(EdgeChatError):
    """A chunk refers to a part that was never started."""

    def __init__(self, message: str, *, chunk_type: str, chunk_id: str) -> None:
        super().__init__(message)
        self.chunk_type = chunk_type
        self.chunk_id = chunk_id


class GenerationError(EdgeChatError):
    """A model answered, but not with what was asked for."""

    is_retryable = True


class NoOutputGeneratedError(GenerationError):
    """The stream ended without any output."""

    public_message = "The model gave no answer. Please try again."


class NoObjectGeneratedError(GenerationError):
    """`text` is what the model wrote instead of the wanted JSON."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


class NoTranscriptGeneratedError(GenerationError):
    """A model of speech has heard no words."""

    is_retryable = False
    public_message = "Nothing was heard. Please speak closer to the microphone."


class NoSpeechGeneratedError(GenerationError):
    """A model of speech has made no sound of a text."""


class ToolChoiceViolationError(GenerationError):
    """No tool call where one was required, or one where none was allowed."""


class ToolError(EdgeChatError):
    """A tool could not be called, or failed."""


class NoSuchToolError(ToolError):
    def __init__(self, tool_name: str, available: list[str]) -> None:
        names = ", ".join(available) or "none"
        super().__init__(f"The model called the tool {tool_name!r}, which is not there. Available tools: {names}.")
        self.tool_name = tool_name


class InvalidToolInputError(ToolError):
    """`input` is what the model sent."""

    def __init__(self, tool_name: str, input: str, reason: str) -> None:
        super().__init__(f"Invalid input for the tool {tool_name}: {reason}")
        self.tool_name = tool_name
        self.input = input


class ToolCallRepairError(ToolError):
    """The repair of an invalid call failed itself."""


class ToolExecutionError(ToolError):
    """For tools to raise: its text goes to the model, and to the browser."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.public_message = message


class InvalidToolApprovalError(ToolError):
    """A forged, unknown or changed approval."""


class RoutingError(EdgeChatError):
    """A model does not answer, because another one ought to."""

    reason = "another model ought to answer"

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id}: {self.reason}.")
        self.model_id = model_id


class ModelRefusedError(RoutingError):
    reason = "it refuses, or does not know"


class NotChosenError(RoutingError):
    reason = "the router has chosen another model"


class CircuitOpenError(RoutingError):
    reason = "it has failed too often of late"


class ModelTimeoutError(EdgeChatError):
    """A limit of time has passed: `kind` says which."""

    is_retryable = True
    public_message = "The model took too long to answer. Please try again."

    def __init__(self, kind: str, seconds: float) -> None:
        super().__init__(f"The {kind} timeout of {seconds:g} s has passed.")
        self.kind = kind
