from collections.abc import Callable, Sequence
from typing import Any

from edgechat.chat.changes import (
    Change,
    Changes,
    MessageAdded,
    MessageChanged,
    MessagesSet,
    PartAdded,
    PartChanged,
    StatusChanged,
    TextAppended,
)
from edgechat.ui.messages import TextPart, UIMessage


class Told:
    """The batches that were told, and the frames that were asked for."""

    def __init__(self, *messages: UIMessage, framed: bool = False) -> None:
        self.batches: list[list[Change]] = []
        self.frames: list[Callable[[], None]] = []
        self.changes = Changes(self._tell, self.frames.append if framed else None, messages)

    def _tell(self, changes: Sequence[Change]) -> None:
        self.batches.append(list(changes))

    @property
    def kinds(self) -> list[type[Any]]:
        return [type(change) for batch in self.batches for change in batch]


def message(parts: int = 1) -> UIMessage:
    return UIMessage(id="m", role="assistant", parts=[TextPart(text="a") for _ in range(parts)])


def test_text_that_was_appended_several_times_is_told_once_for_each_part() -> None:
    known = message(2)
    told = Told(known)
    for index, text in [(0, "b"), (1, "x"), (0, "c")]:
        told.changes.text_appended(known, index, text)
    told.changes.commit()
    assert told.batches == [[TextAppended(known, 0, "bc"), TextAppended(known, 1, "x")]]


def test_a_part_that_is_drawn_anew_is_drawn_once() -> None:
    known = message()
    told = Told(known)
    told.changes.text_appended(known, 0, "b")
    told.changes.part_changed(known, 0)
    told.changes.text_appended(known, 0, "c")  # in what is drawn, or in what was appended before
    told.changes.part_changed(known, 0)
    told.changes.commit()
    assert told.kinds == [TextAppended, PartChanged]


def test_parts_of_a_new_message_come_with_it_and_later_ones_after_it() -> None:
    told, new = Told(), message()
    told.changes.message_added(new)
    told.changes.part_changed(new, 0)
    new.parts.append(TextPart(text="b"))  # drawn as it is when it is told
    told.changes.commit()
    assert told.kinds == [MessageAdded]
    new.parts += [TextPart(text="c"), TextPart(text="d")]
    told.changes.part_changed(new, 3)
    told.changes.commit()
    assert told.batches[1] == [PartAdded(new, 2), PartAdded(new, 3)]


def test_a_message_that_is_drawn_anew_takes_its_parts_along() -> None:
    known = message()
    told = Told(known)
    told.changes.part_changed(known, 0)
    del known.parts[0]
    told.changes.message_changed(known)
    told.changes.message_changed(known)
    told.changes.commit()
    assert told.batches == [[MessageChanged(known)]]
    known.parts.append(TextPart(text="b"))
    told.changes.part_changed(known, 0)
    told.changes.commit()
    assert told.batches[1] == [PartAdded(known, 0)]


def test_a_list_that_is_drawn_anew_takes_all_along_but_the_status() -> None:
    known = message()
    told = Told(known)
    told.changes.message_added(message())
    told.changes.add(StatusChanged("submitted", None))
    told.changes.messages_set([known])
    told.changes.message_added(message())
    told.changes.text_appended(known, 0, "b")
    told.changes.commit()
    assert told.kinds == [StatusChanged, MessagesSet]


def test_changes_wait_for_the_next_frame_which_is_asked_for_once() -> None:
    known = message()
    told = Told(known, framed=True)
    for text in "bc":
        told.changes.text_appended(known, 0, text)
        told.changes.commit()
    assert (told.batches, len(told.frames)) == ([], 1)
    told.frames.pop()()
    assert told.batches == [[TextAppended(known, 0, "bc")]]
    told.changes.part_changed(known, 0)
    told.changes.commit()
    assert len(told.frames) == 1


def test_a_frame_that_comes_after_a_flush_tells_nothing() -> None:
    known = message()
    told = Told(known, framed=True)
    told.changes.part_changed(known, 0)
    told.changes.commit()
    told.changes.flush()
    told.frames.pop()()
    assert told.kinds == [PartChanged]


def test_nothing_is_told_of_nothing() -> None:
    told = Told()
    told.changes.commit()
    told.changes.flush()
    assert told.batches == []
