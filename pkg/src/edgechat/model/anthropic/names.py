"""Two spellings of keys: Anthropic's API has snake_case, metadata and results on our wire have camelCase."""

import re
from collections.abc import Callable
from typing import Any

from edgechat.model.prompt import ProviderOptions

_LEVELS = 8
"""How deep keys are changed: nothing that is known nests deeper, and what strangers send may."""

_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")
_UNDERSCORE = re.compile(r"_([a-z])")


def snake(value: Any) -> Any:
    return _rename(value, _snake, _LEVELS)


def camel(value: Any) -> Any:
    return _rename(value, _camel, _LEVELS)


def options_of(provider_options: ProviderOptions | None) -> dict[str, Any]:
    """What is meant for Anthropic: cacheControl and cache_control both become cache_control."""
    options = (provider_options or {}).get("anthropic") or {}
    return {_snake(key): value for key, value in options.items()}


def _snake(key: str) -> str:
    return _HUMP.sub(lambda found: "_" + found[0].lower(), key)


def _camel(key: str) -> str:
    return _UNDERSCORE.sub(lambda found: found[1].upper(), key)


def _rename(value: Any, name: Callable[[str], str], levels: int) -> Any:
    if not levels:
        return value
    if isinstance(value, dict):
        return {name(key): _rename(item, name, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_rename(item, name, levels - 1) for item in value]
    return value
