"""All errors of edgechat.

EdgeChatError
├── APICallError             a server answered with an error, or could not be reached
├── StreamTruncatedError     a stream ended before its end mark
├── StreamFormatError        bytes that are no stream of the expected kind
│   └── InvalidChunkError    one chunk of a UI message stream is wrong
└── UIMessageStreamError     chunks that are valid one by one but not in this order
"""

MASKED = "Something went wrong. Please try again."


class EdgeChatError(Exception):
    """Root of the tree.

    `is_retryable` says whether the same call may succeed later. `public_message` is what a browser may be told:
    a neutral sentence, unless a class or a call declares its text safe.
    """

    is_retryable = False
    public_message = MASKED


class APICallError(EdgeChatError):
    """A server answered with an error, or could not be reached (`status` is None then).

    `code` is the server's own code, such as Workers AI's 3040.
    """

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


class StreamTruncatedError(EdgeChatError):
    """The connection ended in good order, but in the middle of the answer."""

    is_retryable = True
    public_message = "The answer was cut off."


class StreamFormatError(EdgeChatError):
    """Bytes that are no stream of the expected kind."""


class InvalidChunkError(StreamFormatError):
    """One chunk of a UI message stream is wrong. The message names its position, its type and the field."""


class UIMessageStreamError(EdgeChatError):
    """A chunk refers to a part that was never started."""

    def __init__(self, message: str, *, chunk_type: str, chunk_id: str) -> None:
        super().__init__(message)
        self.chunk_type = chunk_type
        self.chunk_id = chunk_id
