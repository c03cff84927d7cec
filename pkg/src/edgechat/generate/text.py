"""`stream_text`: one answer of a model as UI chunks."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence

from edgechat.errors import EdgeChatError
from edgechat.generate.timing import Timing
from edgechat.model import types as model_types
from edgechat.model.types import Decoder, FinishReason, Model, ModelCall, ModelPart, Sender, Usage
from edgechat.ui import chunks as ui


class TextStream:
    """An answer that is being streamed. Iterating it calls the model and gives the UI chunks of each network read.

    The fields say what is known so far; after the iteration, of the whole answer. Leaving the iteration early cancels
    the call.
    """

    def __init__(
        self, model: Model, send: Sender, call: ModelCall, *, message_id: str, clock: Callable[[], float]
    ) -> None:
        self.message_id = message_id
        self.model_id = model.model_id
        """What was asked; replaced by what answered, where the server says so."""
        self.usage = Usage()
        self.finish_reason: FinishReason | None = None
        self.error: Exception | None = None
        self.timing = Timing(clock)
        self._model = model
        self._send = send
        self._call = call
        self._stopped = False

    def stop(self) -> None:
        """Ends the answer before the next read: the call is cancelled, what came is kept, `abort` is the last chunk."""
        self._stopped = True

    async def __aiter__(self) -> AsyncGenerator[list[ui.UIChunk]]:
        yield [ui.Start(message_id=self.message_id), ui.StartStep()]
        chunks: list[ui.UIChunk] = []
        decoder: Decoder | None = None
        self.timing.start()
        try:
            async with self._send(self._model.build(self._call)) as response:
                decoder = self._model.decoder(response.headers)
                while not self._stopped and (data := await response.read()) is not None:
                    if chunks := self._chunks(decoder.feed(data)):
                        yield chunks
            chunks = self._block_ends(decoder) if self._stopped else self._chunks(decoder.close())
        except EdgeChatError as error:
            chunks = [*(self._block_ends(decoder) if decoder else []), self._fail(error)]
        self.timing.finish()
        if self._stopped:
            yield [*chunks, ui.FinishStep(), ui.Abort(reason="stopped")]
        else:
            finish_reason = "error" if self.error else self.finish_reason
            yield [*chunks, ui.FinishStep(), ui.Finish(finish_reason=finish_reason)]

    def _block_ends(self, decoder: Decoder) -> list[ui.UIChunk]:
        """What closes the open blocks of an answer that does not reach its end."""
        ends = (model_types.TextEnd, model_types.ReasoningEnd)
        return self._chunks([part for part in decoder.close() if isinstance(part, ends)])

    def _chunks(self, parts: Sequence[ModelPart]) -> list[ui.UIChunk]:
        return [chunk for part in parts if (chunk := self._chunk(part))]

    def _chunk(self, part: ModelPart) -> ui.UIChunk | None:
        match part:
            case model_types.TextDelta():
                self.timing.token()
                return ui.TextDelta(id=part.id, delta=part.delta)
            case model_types.TextStart():
                return ui.TextStart(id=part.id)
            case model_types.TextEnd():
                return ui.TextEnd(id=part.id)
            case model_types.ReasoningDelta():
                self.timing.token()
                return ui.ReasoningDelta(id=part.id, delta=part.delta)
            case model_types.ReasoningStart():
                return ui.ReasoningStart(id=part.id)
            case model_types.ReasoningEnd():
                return ui.ReasoningEnd(id=part.id)
            case model_types.Error():
                return self._fail(part.error)
            case model_types.Finish():
                self.finish_reason, self.usage = part.finish_reason, part.usage
            case model_types.ResponseMetadata():
                self.model_id = part.model_id
        return None

    def _fail(self, error: Exception) -> ui.UIChunk:
        self.error = error
        return ui.Error(
            error_text=error.public_message if isinstance(error, EdgeChatError) else EdgeChatError.public_message
        )


def stream_text(
    *, model: Model, send: Sender, call: ModelCall, message_id: str, clock: Callable[[], float] = time.perf_counter
) -> TextStream:
    """Streams the answer of `model` to `call`, sent by `send`."""
    return TextStream(model, send, call, message_id=message_id, clock=clock)
