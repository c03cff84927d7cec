"""An answer of which something has been read already."""

from collections.abc import Mapping

from edgechat.model.parts import ModelPart
from edgechat.model.types import PartStream


class BegunStream:
    """A `PartStream` that gives `first` before what `stream` has left."""

    def __init__(self, stream: PartStream, first: list[ModelPart]) -> None:
        self.headers: Mapping[str, str] = stream.headers
        self._stream = stream
        self._first = first

    async def read(self) -> list[ModelPart] | None:
        first, self._first = self._first, []
        return first or await self._stream.read()
