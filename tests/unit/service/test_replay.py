import pytest

from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage, decode_message
from service.replay import to_chunks

PARTS = {
    "text": '{"type":"text","text":"Héllo 🎉","state":"done","providerMetadata":{"p":{"a":1}}}',
    "an empty text": '{"type":"text","text":"","state":"done"}',
    "citations": '{"type":"text","text":"x","state":"done","citations":[{"startIndex":1}]}',
    "reasoning": '{"type":"reasoning","id":"r1","text":"hm","state":"done","providerMetadata":{"p":{"s":"x"}}}',
    "a step": '{"type":"step-start"}',
    "data": '{"type":"data-figures","data":{"ttftMs":null},"id":"f"}',
    "a file": '{"type":"file","mediaType":"image/png","url":"data:image/png;base64,AA=="}',
    "a source": '{"type":"source-url","sourceId":"s","url":"https://example.org/","title":"T"}',
    "a document": '{"type":"source-document","sourceId":"s","mediaType":"text/plain","title":"T","filename":"f"}',
    "a result": '{"type":"tool-add","toolCallId":"c","state":"output-available","input":{"a":1},"output":null}',
    "a dynamic call": '{"type":"dynamic-tool","toolName":"t","toolCallId":"c","state":"input-available","input":1}',
    "an error": '{"type":"tool-add","toolCallId":"c","state":"output-error","input":{},"errorText":"no",'
    '"resultProviderMetadata":{"p":{}},"callProviderMetadata":{"q":{}},"title":"Add","providerExecuted":true}',
    "a denial": '{"type":"tool-add","toolCallId":"c","state":"output-denied","input":{}}',
}


def folded(message: UIMessage) -> UIMessage:
    fold = MessageFold(UIMessage(id="", role="assistant"))
    for chunk in to_chunks(message):
        fold.apply(chunk)
    assert fold.finished
    return fold.message


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
def test_who_folds_the_chunks_has_the_message(part: str) -> None:
    message = decode_message(f'{{"id":"a1","role":"assistant","parts":[{part}],"metadata":{{"outcome":"stopped"}}}}')
    assert folded(message) == message


def test_parts_keep_their_order() -> None:
    parts = [PARTS[name] for name in ("a step", "reasoning", "text", "a result", "a step", "text", "data")]
    message = decode_message(f'{{"id":"a1","role":"assistant","parts":[{",".join(parts)}]}}')
    assert folded(message) == message
