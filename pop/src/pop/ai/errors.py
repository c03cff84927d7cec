"""The errors of Workers AI, with its internal codes (docs: Workers AI, Errors) and HTTP statuses."""

from typing import Self


class AiError(Exception):
    """Sent as `{internalCode, name, description}`, which the AI binding throws as "code: description"."""

    def __init__(self, status: int, code: int, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.status = status
        self.code = code
        self.description = description

    @classmethod
    def no_such_model(cls, model: str) -> Self:
        return cls(400, 5007, f"No such model {model} or task")

    @classmethod
    def not_installed(cls, model: str, command: str) -> Self:
        return cls(400, 5007, f"No such model {model} here: its local stand-in is installed by `{command}`")

    @classmethod
    def bad_input(cls, why: str) -> Self:
        return cls(400, 5004, f"Invalid data: {why}")

    @classmethod
    def too_large(cls, why: str) -> Self:
        return cls(413, 3006, f"Request is too large: {why}")

    @classmethod
    def no_stream_in_json_mode(cls) -> Self:
        return cls(400, 5023, "JSON Mode is not supported with stream")

    @classmethod
    def json_not_met(cls) -> Self:
        return cls(400, 5024, "JSON Mode couldn't be met")

    @classmethod
    def out_of_capacity(cls) -> Self:
        return cls(429, 3040, "Capacity temporarily exceeded, please try again.")

    @classmethod
    def internal(cls, why: str) -> Self:
        return cls(500, 3050, f"Internal error: {why}")
