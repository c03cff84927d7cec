"""Texts that come in: not empty, and not too long."""

from http import HTTPStatus

from service.web import HTTPError


def checked(text: str, most: int) -> str:
    """Raises a 400 or 413."""
    if not text.strip():
        raise HTTPError(HTTPStatus.BAD_REQUEST, "empty_text", "The text is empty.")
    if len(text) > most:
        raise HTTPError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "text_too_long",
            f"The text is too long: {most} characters are the most.",
        )
    return text
