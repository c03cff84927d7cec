from edgechat.ui.messages import TextPart, UIMessage
from page.announce import LENGTH, announcement


def answer(text: str) -> UIMessage:
    return UIMessage(id="m", role="assistant", parts=[TextPart(text=text)] if text else [])


def test_a_short_answer_is_read() -> None:
    assert announcement(answer("It is\n\n Paris.")) == "Answer: It is Paris."


def test_of_a_long_answer_the_beginning_is_read_to_a_whole_word() -> None:
    read = announcement(answer("some words " * 100))
    assert read.startswith("Answer: some words some words")
    assert read.endswith(("some …", "words …"))
    assert len(read) <= len("Answer:  …") + LENGTH


def test_text_without_spaces_is_cut_too() -> None:
    assert announcement(answer("言" * 1000)) == f"Answer: {'言' * LENGTH} …"


def test_without_text_it_is_said_that_the_answer_is_complete() -> None:
    assert announcement(answer("")) == "The answer is complete."


def test_a_stop_is_said() -> None:
    assert announcement(answer("Once upon"), is_stopped=True) == "The answer was stopped."
