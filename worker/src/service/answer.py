"""One call of the model, as chunks for whoever listens and as the message that is saved."""

import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from copy import deepcopy
from typing import Any

from edgechat.errors import MASKED, NoOutputGeneratedError, StreamTruncatedError
from edgechat.generate.interrupt import Timeout
from edgechat.generate.text import TextStream, stream_text
from edgechat.ui import chunks as ui
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import DataPart, StepStartPart, TextPart, UIMessage
from service.outcome import Outcome, mark, outcome_of
from service.routing import ROUTE, Speaker

log = logging.getLogger("edgechat")

INSTRUCTIONS = "You are a helpful assistant. Answer briefly and to the point."
GO_ON = "Your answer was cut off. Go on exactly where it ends, and repeat nothing."
TEMPERATURE = 0.2

FIRST_TOKEN = 60.0
"""Seconds that the model may take for it, all attempts together."""
SILENCE = 30.0
"""Seconds from one token to the next after which the model counts as dead."""


class Answer:
    """Writes `message`: a new one, or one that broke off and goes on.

    One that is not whole says so in its metadata: `{"outcome": "stopped" | "failed" | "interrupted"}`.
    """

    def __init__(
        self,
        speaker: Speaker,
        message: UIMessage,
        prompt: Sequence[UIMessage],
        *,
        instructions: str = INSTRUCTIONS,
    ) -> None:
        self.outcome: Outcome = "failed"
        """When the chunks have ended."""
        self._speaker = speaker
        self._fold = MessageFold(deepcopy(message))
        self._goes_on = bool(message.text)
        if self._goes_on:
            prompt = [*prompt, message, UIMessage(id="", role="user", parts=[TextPart(text=GO_ON)])]
        self._stream: TextStream[str] = stream_text(
            model=speaker.model,
            instructions=instructions,
            messages=convert_to_model_messages(prompt),
            temperature=TEMPERATURE,
            timeout=Timeout(first_chunk=FIRST_TOKEN, chunk=SILENCE),
        )

    def stop(self) -> None:
        self._stream.stop()

    @property
    def message(self) -> UIMessage:
        """As far as it has come. Ask when the chunks have ended."""
        self._fold.close()
        return self._fold.message

    async def chunks(self) -> AsyncGenerator[list[ui.UIChunk]]:
        """Calls the model. The chunks of each network read; never raises."""
        ends: list[ui.UIChunk] = []
        started = time.perf_counter()
        is_known = False
        try:
            async with aclosing(self._stream.ui_message_stream(message_id=self._fold.message.id)) as batches:
                async for batch in batches:
                    ends += filter(outcome_of, batch)
                    if not is_known and any(isinstance(chunk, ui.StartStep) for chunk in batch):
                        is_known = True
                        batch = [*self._route(time.perf_counter() - started), *batch]
                    if content := list(filter(self._is_content, batch)):
                        yield self._folded(content)
        except Exception:
            log.exception("An answer has failed")
            ends.append(ui.Error(error_text=MASKED))
        yield self._folded(self._ending(ends))

    def _route(self, seconds: float) -> list[ui.UIChunk]:
        """Who has begun to answer."""
        route = self._speaker.route(seconds)
        return [ui.Data(type=ROUTE, data=route)] if route else []

    def _is_content(self, chunk: ui.UIChunk) -> bool:
        # What goes on is one step: models would be told of two answers in a row.
        return not outcome_of(chunk) and not (self._goes_on and isinstance(chunk, ui.StartStep))

    def _folded(self, chunks: list[ui.UIChunk]) -> list[ui.UIChunk]:
        for chunk in chunks:
            self._fold.apply(chunk)
        return chunks

    def _ending(self, ends: Sequence[ui.UIChunk]) -> list[ui.UIChunk]:
        """Outcome and figures come before what ends the answer: after an error, clients stop reading."""
        message = self._fold.message
        self.outcome = outcome_of(ends[0]) or "failed"
        if self.outcome == "done" and all(isinstance(part, StepStartPart | DataPart) for part in message.parts):
            self.outcome = "failed"
        if self.outcome in ("failed", "interrupted"):
            self.outcome = "interrupted" if message.text else "failed"
        figures = ui.Data(type="data-figures", data=self._figures())
        told = [*mark(self.outcome, before=message.metadata), figures]
        if self.outcome in ("done", "stopped"):
            return [*told, *ends]
        reason: ui.FinishReason = "error" if self.outcome == "failed" else "interrupted"
        return [*told, ui.Error(error_text=self._error_text(ends)), ui.Finish(finish_reason=reason)]

    def _error_text(self, ends: Sequence[ui.UIChunk]) -> str:
        """What can be told of an error, or else what the reader sees of it."""
        texts = [end.error_text for end in ends if isinstance(end, ui.Error) and end.error_text != MASKED]
        seen = StreamTruncatedError if self._fold.message.text else NoOutputGeneratedError
        return next(iter(texts), seen.public_message)

    def _figures(self) -> dict[str, Any]:
        """Milliseconds, tokens, tokens per second, and dollars for all models that ran, as the Worker saw them."""
        stream, usage, model = self._stream, self._stream.usage, self._speaker.choice.model
        decision = self._speaker.decision
        timing, rate = stream.timing, stream.timing.tokens_per_second(usage.output_tokens)
        return {
            "model": model.id,
            "answeredBy": stream.last_step.response.model_id or model.id,
            "route": decision and decision.side,
            "ttftMs": None if timing.ttft is None else round(timing.ttft * 1000, 1),
            "totalMs": round(timing.total * 1000, 1),
            "tokensPerSecond": None if rate is None else round(rate, 1),
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
            "cost": self._speaker.cost,
        }
