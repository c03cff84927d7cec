"""Prompt caching: where in a request Anthropic is to keep what came before (`get-cache-control.ts`)."""

from typing import Any

from edgechat.model.anthropic.names import options_of
from edgechat.model.prompt import ProviderOptions

_MAX_BREAKPOINTS = 4


class CacheBreakpoints:
    """Of one request: Anthropic takes four."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings
        self._count = 0

    def at(self, *provider_options: ProviderOptions | None) -> dict[str, Any] | None:
        """The first `cacheControl` among the options, unless there are too many breakpoints already."""
        for options in provider_options:
            control: dict[str, Any] | None = options_of(options).get("cache_control")
            if not control:
                continue
            self._count += 1
            if self._count <= _MAX_BREAKPOINTS:
                return control
            self._warnings.append(
                f"Anthropic takes {_MAX_BREAKPOINTS} cache breakpoints: number {self._count} is ignored."
            )
        return None
