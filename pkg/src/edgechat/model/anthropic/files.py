"""Files in prompts as Anthropic takes them: images, PDF and plain text."""

from typing import Any

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.anthropic.citations import wants_citations
from edgechat.model.anthropic.names import options_of
from edgechat.model.files import base64, full_media_type, inline, kind_of, reference_for
from edgechat.model.prompt import FileData, FilePart, FileReference, FileSource, FileText, FileURL
from edgechat.model.types import without_none

_PDF = "application/pdf"


def user_file(part: FilePart, betas: set[str]) -> dict[str, Any]:
    options = options_of(part.provider_options)
    source = inline(part.data)
    if isinstance(source, FileReference):
        if options.get("container_upload"):
            return {"type": "container_upload", "file_id": _uploaded(source, betas)["file_id"]}
        return _typed(part, _uploaded(source, betas))
    if isinstance(source, FileText):
        return _document(part, options, {"type": "text", "media_type": "text/plain", "data": source.text})
    if kind_of(part.media_type) == "image":
        return {"type": "image", "source": _source(part.media_type, source)}
    if _is_pdf(part.media_type, source):
        betas.add("pdfs-2024-09-25")
        return _document(part, options, _source(_PDF, source))
    if part.media_type == "text/plain":
        return _document(part, options, _source("text/plain", source))
    raise UnsupportedFunctionalityError(f"Anthropic takes no files of type {part.media_type}.")


def tool_file(part: FilePart, betas: set[str]) -> dict[str, Any] | None:
    """None for what cannot be told as the result of a tool."""
    source = inline(part.data)
    if isinstance(source, FileReference):
        return _typed(part, _uploaded(source, betas))
    if isinstance(source, FileText):
        return None
    if isinstance(source, FileURL) or kind_of(part.media_type) == "image":
        return _typed(part, _source(part.media_type, source))
    if _is_pdf(part.media_type, source):
        betas.add("pdfs-2024-09-25")
        return _typed(part, _source(_PDF, source))
    return None


def _uploaded(source: FileReference, betas: set[str]) -> dict[str, Any]:
    betas.add("files-api-2025-04-14")
    return {"type": "file", "file_id": reference_for("anthropic", source)}


def _typed(part: FilePart, source: dict[str, Any]) -> dict[str, Any]:
    return {"type": "image" if kind_of(part.media_type) == "image" else "document", "source": source}


def _document(part: FilePart, options: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    return without_none(
        {
            "type": "document",
            "source": source,
            "title": options.get("title", part.filename),
            "context": options.get("context") or None,
            "citations": {"enabled": True} if wants_citations(part) else None,
        }
    )


def _source(media_type: str, source: FileURL | FileData) -> dict[str, Any]:
    if isinstance(source, FileURL):
        return {"type": "url", "url": source.url}
    if media_type == "text/plain":
        return {"type": "text", "media_type": media_type, "data": source.data.decode(errors="replace")}
    return {"type": "base64", "media_type": full_media_type(media_type, source), "data": base64(source.data)}


def _is_pdf(media_type: str, source: FileSource) -> bool:
    if isinstance(source, FileURL):
        return media_type == _PDF
    return kind_of(media_type) == "application" and full_media_type(media_type, source) == _PDF
