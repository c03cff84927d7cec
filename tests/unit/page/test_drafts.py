import pytest

from edgechat.ui.messages import FilePart, TextPart, UIMessage
from page.drafts import NEW, Draft, Drafts, Outgoing

CAT = FilePart(media_type="image/png", url="/api/attachments/1", filename="cat.png")


def test_a_draft_is_there_again_with_its_files() -> None:
    store: dict[str, str] = {}
    Drafts(store).type("c", "Half a sent", (CAT,))
    assert Drafts(store).read("c") == Draft("Half a sent", (CAT,))
    assert Drafts(store).read(NEW) == Draft()


def test_an_empty_draft_takes_no_room() -> None:
    store: dict[str, str] = {}
    drafts = Drafts(store)
    drafts.type("c", "Hi", ())
    drafts.type("c", "", ())
    assert store == {}


def test_what_waits_keeps_its_order_and_the_draft() -> None:
    drafts = Drafts({})
    drafts.type("c", "next", ())
    first, second = Outgoing("m1", "One"), Outgoing("m2", "Two", (CAT,))
    for outgoing in (first, second, first):
        drafts.enqueue("c", outgoing)
    assert drafts.read("c") == Draft("next", (), (first, second))
    drafts.drop("c", "m1")
    assert drafts.read("c").queue == (second,)


def test_a_message_that_waits_becomes_the_message_that_is_sent() -> None:
    message = Outgoing("m", "Look", (CAT,)).message
    assert message == UIMessage(id="m", role="user", parts=[CAT, TextPart(text="Look")])
    assert Outgoing.of(message) == Outgoing("m", "Look", (CAT,))
    assert Outgoing("m", "", (CAT,)).message.parts == [CAT]


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"text":1}', '{"queue":[{}]}'])
def test_what_cannot_be_read_is_no_draft(kept: str) -> None:
    assert Drafts({"edgechat.draft.c": kept}).read("c") == Draft()


def test_clearing_leaves_what_is_not_ours() -> None:
    store = {"edgechat.language": "de"}
    drafts = Drafts(store)
    drafts.type("a", "x", ())
    drafts.type("b", "y", ())
    drafts.clear()
    assert store == {"edgechat.language": "de"}


def test_what_was_not_taken_stands_before_what_was_typed_since() -> None:
    drafts = Drafts({})
    drafts.type("c", "And?", ())
    drafts.give_back("c", Outgoing("m", "Look", (CAT,)))
    assert drafts.read("c") == Draft("Look\n\nAnd?", (CAT,))
