from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import FilePart, TextPart, UIMessage, decode_message

names = st.sampled_from(["a", "b", "__proto__", "constructor", "toString", ""])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(names, values, max_size=2)
texts = st.sampled_from(["", "a", "é", "🙂", "[1,", '{"a":', '"b"', "]}", "tru", "\\", "-1e"])

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "approved": st.booleans(),
    "citations": st.lists(objects, max_size=1),
    "data": values,
    "dynamic": st.booleans(),
    "finish_reason": st.sampled_from(["stop", "interrupted"]),
    "input": values,
    "input_encoding": st.sampled_from(["json", "text"]),
    "input_schema_input": values,
    "is_automatic": st.booleans(),
    "message_metadata": values,
    "approval_descriptor": values,
    "output": values,
    "parts": st.lists(st.just(TextPart(text="a")) | st.just(FilePart(media_type="image", url="u")), max_size=2),
    "preliminary": st.booleans(),
    "provider_executed": st.booleans(),
    "provider_metadata": st.dictionaries(names, objects, max_size=2),
    "tool_metadata": objects,
    "transient": st.booleans(),
    "type": names.map("data-".__add__),
    "id": names,
    "tool_call_id": names,
    "approval_id": names,
    "tool_name": names,
}


def chunks_of(kind: Any) -> st.SearchStrategy[Any]:
    required = {field.name: FIELDS.get(field.name, texts) for field in fields(kind) if field.required}
    optional = {field.name: FIELDS.get(field.name, texts) for field in fields(kind) if not field.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: kind(**given))


chunks = st.lists(st.one_of([chunks_of(kind) for kind in (*ui.TaggedChunk.__value__.__args__, ui.Data)]), max_size=30)


@given(chunks, chunks)
def test_any_chunks_make_a_message_that_can_be_saved_and_goes_on(
    first: list[ui.UIChunk], then: list[ui.UIChunk]
) -> None:
    message = UIMessage(id="m", role="assistant")
    for chunks in (first, then):
        fold = MessageFold(message)
        for chunk in chunks:
            with suppress(UIMessageStreamError):
                fold.apply(chunk)
        message = decode_message(msgspec.json.encode(fold.message))
        assert message == fold.message
    fold.close()
    assert decode_message(msgspec.json.encode(fold.message)) == fold.message
    states = [getattr(part, "state", None) for part in fold.message.parts]
    assert not {"streaming", "input-streaming"}.intersection(states)
