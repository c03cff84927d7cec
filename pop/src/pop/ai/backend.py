"""What answers: anything that speaks OpenAI chat completions."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

type Json = dict[str, Any]


class Backend(Protocol):
    name: str
    """The model that really answers."""

    def stream(self, request: Json) -> AsyncGenerator[Json]:
        """The `chat.completion.chunk` objects of one request. Closing the generator stops the generation.

        Raises `AiError`.
        """
        ...

    async def aclose(self) -> None: ...
