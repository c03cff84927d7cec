"""One call of the model, as chunks for whoever listens and as the message that is saved."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from edgechat.errors import MASKED
from edgechat.generate.text import TextStream, stream_text
from edgechat.model.parts import Usage
from edgechat.model.types import LanguageModel
from edgechat.ui import chunks as ui
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage
from service.outcome import Outcome, mark, outcome_of

log = logging.getLogger("edgechat")

INSTRUCTIONS = "You are a helpful assistant. Answer briefly and to the point."
TEMPERATURE = 0.2


class Answer:
    """An answer that is not whole says so in its metadata: `{"outcome": "stopped" | "failed" | "interrupted"}`."""

    def __init__(
        self,
        model: LanguageModel,
        id: str,
        messages: Sequence[UIMessage],
        *,
        instructions: str = INSTRUCTIONS,
        max_output_tokens: int,
    ) -> None:
        self.outcome: Outcome = "done"
        self._model_id = model.model_id
        self._id = id
        self._has_ended = False
        self._fold = MessageFold(UIMessage(id=id, role="assistant"))
        self._stream: TextStream[str] = stream_text(
            model=model,
            instructions=instructions,
            messages=convert_to_model_messages(messages),
            max_output_tokens=max_output_tokens,
            temperature=TEMPERATURE,
        )

    def stop(self) -> None:
        self._stream.stop()

    @property
    def message(self) -> UIMessage:
        """As far as it has come. Ask when the chunks have ended."""
        self._fold.close()
        return self._fold.message

    @property
    def usage(self) -> Usage:
        return self._stream.usage

    async def chunks(self) -> AsyncGenerator[list[ui.UIChunk]]:
        """Calls the model. The chunks of each network read; never raises."""
        try:
            async with aclosing(self._stream.ui_message_stream(message_id=self._id)) as batches:
                async for batch in batches:
                    yield self._told(batch)
        except Exception:
            log.exception("An answer has failed")
            yield self._told([ui.Error(error_text=MASKED)])

    def _told(self, batch: list[ui.UIChunk]) -> list[ui.UIChunk]:
        """With outcome and figures before the chunk that ends the answer: after an error, clients stop reading."""
        told: list[ui.UIChunk] = []
        for chunk in batch:
            if not self._has_ended and (outcome := outcome_of(chunk)):
                self._has_ended = True
                self.outcome = outcome
                told += [*mark(outcome), ui.Data(type="data-figures", data=self._figures())]
            told.append(chunk)
        for chunk in told:
            self._fold.apply(chunk)
        return told

    def _figures(self) -> dict[str, Any]:
        """Milliseconds, tokens, and tokens per second, as the Worker saw them."""
        stream, usage = self._stream, self._stream.usage
        timing, rate = stream.timing, stream.timing.tokens_per_second(usage.output_tokens)
        return {
            "model": self._model_id,
            "answeredBy": stream.last_step.response.model_id or self._model_id,
            "ttftMs": None if timing.ttft is None else round(timing.ttft * 1000, 1),
            "totalMs": round(timing.total * 1000, 1),
            "tokensPerSecond": None if rate is None else round(rate, 1),
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
        }
