"""What a screen reader says: that an answer has ended, and what it was. While it streams, nothing is said."""

from edgechat.ui.messages import UIMessage
from page.strings import t

LENGTH = 300
"""Characters that are read at once; who wants more goes to the answer itself."""


def announcement(answer: UIMessage, *, is_stopped: bool = False) -> str:
    """For an element with role "status", once the answer has ended. Errors have their own, with role "alert"."""
    if is_stopped:
        return t("announced_stop")
    text = " ".join(answer.text.split())
    if not text:
        return t("answer_complete")
    if len(text) > LENGTH:
        text = f"{text[:LENGTH].rpartition(' ')[0] or text[:LENGTH]} …"
    return t("announced_answer", text=text)
