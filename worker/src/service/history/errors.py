"""What a conversation is refused for."""

from http import HTTPStatus

from service.web import HTTPError


class TurnRefused(HTTPError):
    """The conversation is not what the turn takes it for. Trying again does not help."""


class UnknownParent(TurnRefused):
    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.CONFLICT,
            "unknown_parent",
            "This conversation has changed elsewhere. Reload the page to see it.",
        )


class MessageConflict(TurnRefused):
    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.CONFLICT,
            "message_conflict",
            "Another message with this id is already there. Reload the page, and send yours again.",
        )


class Archived(TurnRefused):
    """The messages are in R2: they must be restored first."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.CONFLICT, "archived", "This conversation is archived. Open it, and try again.")


_TEXTS: dict[str, type[UnknownParent | MessageConflict | Archived]] = {
    "FOREIGN KEY constraint failed": UnknownParent,
    "another message has this id": MessageConflict,
    "the conversation is archived": Archived,
}


def refusal_of(error: Exception) -> TurnRefused | None:
    """What an error of D1 says of the turn, if anything. The texts are SQLite's and those of the migrations."""
    said = str(error.__cause__ or error)
    return next((refusal() for text, refusal in _TEXTS.items() if text in said), None)
