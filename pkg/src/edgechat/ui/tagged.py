"""Objects told apart by their `type`. msgspec knows fixed types only; families such as `data-NAME` are found here."""

from collections.abc import Callable

import msgspec

from edgechat.json import JSONDecoder


class _Type(msgspec.Struct):
    type: str


_type = JSONDecoder[_Type](_Type)


class UnknownTypeError(msgspec.ValidationError):
    pass


def type_of(data: str | bytes | msgspec.Raw) -> str:
    return _type.decode(data).type


def decode_tagged[Tagged, Named](
    data: str | bytes | msgspec.Raw,
    tagged: JSONDecoder[Tagged],
    family: Callable[[str], JSONDecoder[Named] | None],
) -> Tagged | Named:
    """Tries the fixed types, then what `family` gives for the name. Raises `msgspec.DecodeError`."""
    try:
        return tagged.decode(data)
    except msgspec.ValidationError as error:
        if "at `$.type`" not in str(error):
            raise
    name = type_of(data)
    decoder = family(name)
    if decoder is None:
        raise UnknownTypeError(f"Unknown type {name[:100]!r}")
    return decoder.decode(data)
