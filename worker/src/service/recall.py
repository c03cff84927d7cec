"""What came before an answer, and the answer as it stands: empty, or as far as it had come."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from edgechat.ui.messages import UIMessage
from service.history import Memory, Past
from service.history.errors import UnknownParent
from service.outcome import is_whole
from service.turn import Turn, key_of
from service.web import HTTPError, unknown_chat


class Asked(msgspec.Struct, frozen=True):
    """An answer that is wanted, and where it belongs."""

    past: Past
    parent_id: str | None
    """What the turn follows: the last message of the past."""
    new: Sequence[UIMessage]
    """The user's message; none where an answer goes on."""
    answer: UIMessage
    key: str
    """The same when the same is asked again."""

    @property
    def told(self) -> list[UIMessage]:
        """Messages that the model is told."""
        return [*self.past.messages, *self.new]

    @property
    def continues(self) -> int:
        return len(self.answer.parts)


async def recall(memory: Memory, turn: Turn, answer_id: str, budget: int) -> Asked:
    """What fits into so many tokens.

    Raises an `HTTPError`: 404 for an unknown chat, 409 for an unknown place or a whole answer, 503 when D1 fails.
    """
    if turn.message is None:
        assert turn.parent_id
        return await _unfinished(memory, turn.chat_id, turn.parent_id, budget)
    past = await memory.recall(turn.chat_id, turn.parent_id, budget)
    answer = UIMessage(id=answer_id, role="assistant")
    return Asked(past, turn.parent_id, [turn.message], answer, key_of(turn.message))


async def _unfinished(memory: Memory, chat_id: str, answer_id: str, budget: int) -> Asked:
    """From D1: what KV has may be an earlier try of the answer."""
    past = await memory.read(chat_id, lambda: memory.history.recent(chat_id, answer_id))
    if past is None:
        raise unknown_chat()
    *earlier, question, answer = past.messages if len(past.messages) > 1 else (None, None)
    if question is None or answer is None or answer.role != "assistant":
        raise UnknownParent
    if is_whole(answer):
        raise HTTPError(HTTPStatus.CONFLICT, "answer_is_whole", "This answer is whole. Reload the page to see it.")
    past = Past(earlier, past.summary).fitted(budget).then([question])
    return Asked(past, question.id, [], answer, f"{answer.id}+{len(answer.parts)}")
