import msgspec

from edgechat.ui.messages import (
    FilePart,
    ReasoningPart,
    SourceURLPart,
    StepStartPart,
    TextPart,
    ToolPart,
    UIMessage,
    decode_messages,
)
from page.export import file_name, to_json, to_markdown

QUESTION = UIMessage(id="q", role="user", parts=[TextPart(text="How deep is it?")])
ANSWER = UIMessage(
    id="a",
    role="assistant",
    parts=[
        StepStartPart(),
        ReasoningPart(text="Think.\n\nMore."),
        ToolPart(type="tool-depth", tool_call_id="t", state="output-available", input={"at": "x"}, output="```11 km"),
        TextPart(text="**11 km**\n"),
        SourceURLPart(source_id="s", url="https://example.org/a b", title="The sea\n# deep"),
        FilePart(media_type="image/png", url="/api/attachments/1"),
    ],
)


def test_markdown_reads_like_the_conversation() -> None:
    assert to_markdown("The\nsea", [QUESTION, ANSWER, UIMessage(id="e", role="assistant")]) == (
        "# The sea\n\n## You\n\nHow deep is it?\n\n## Answer\n\n> Think.\n>\n> More.\n\n"
        '````json\n{\n  "tool": "depth",\n  "input": {\n    "at": "x"\n  },\n  "output": "```11 km"\n}\n````\n\n'
        "**11 km**\n\n- [The sea # deep](<https://example.org/a b>)\n\n- image/png\n"
    )


def test_json_can_be_read_again() -> None:
    data = msgspec.json.decode(to_json("c", "The sea", [QUESTION, ANSWER]), type=dict[str, msgspec.Raw])
    assert bytes(data["id"]) == b'"c"'
    assert decode_messages(data["messages"]) == [QUESTION, ANSWER]


def test_a_file_has_a_name_that_all_systems_take() -> None:
    assert file_name("What is ../../etc: 海?", "md") == "What-is-etc-海.md"
    assert file_name("///", "json") == "chat.json"
