"""The summary of a long conversation: what falls out of the window is not forgotten altogether.

It is stored with the last message that it covers. So each version of a conversation has its own, and it holds for good.
"""

from collections.abc import Awaitable, Callable

import msgspec

from edgechat.generate.text import generate_text
from edgechat.model.parts import Usage
from edgechat.model.types import LanguageModel
from service.history.window import BUDGET, Past

_INSTRUCTIONS = """\
You keep the notes of a conversation between a user and an assistant. Write down what the assistant has to know to go \
on: names, facts, decisions, wishes, open questions. Write short notes in the language of the conversation, nothing \
else."""

_MAX_INPUT = 8_000
_MAX_OUTPUT = 400
"""Tokens."""

MAX_SUMMARY = 4_000
"""Characters."""


class Summary(msgspec.Struct, frozen=True):
    text: str
    model: str
    usage: Usage


type Summarise = Callable[[Past], Awaitable[Summary]]
"""Sums up messages together with the summary of what came before them."""


def summarise_with(model: LanguageModel) -> Summarise:
    async def summarise(past: Past) -> Summary:
        past = past.fitted(_MAX_INPUT)
        notes = [f"Notes so far:\n{past.summary}"] if past.summary else []
        said = [f"{message.role.capitalize()}: {message.text}" for message in past.messages]
        result = await generate_text(
            model=model,
            instructions=_INSTRUCTIONS,
            prompt="\n\n".join([*notes, *said, "Write the notes."]),
            max_output_tokens=_MAX_OUTPUT,
            temperature=0,
        )
        return Summary(result.text.strip(), model.model_id, result.usage)

    return summarise


def is_long(past: Past, budget: int = BUDGET) -> bool:
    return past.tokens > budget * 3 // 4


def split(past: Past, budget: int = BUDGET) -> tuple[Past, Past] | None:
    """What of a long past is to be summed up, and what is then left, with room to grow: the last turn at least."""
    turns = [index for index, message in enumerate(past.messages) if message.role == "user"]
    if not is_long(past, budget) or not turns:
        return None
    kept = Past(past.messages).fitted(budget // 3).messages
    start = min(len(past.messages) - len(kept), turns[-1])
    return (Past(past.messages[:start], past.summary), Past(past.messages[start:])) if start else None
