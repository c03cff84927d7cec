"""Texts, images and files in a prompt."""

from typing import Any

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.files import data_url, full_media_type, inline, kind_of, reference_for
from edgechat.model.openai_responses.options import part_options
from edgechat.model.prompt import FileData, FilePart, FileReference, FileURL, ProviderOptions
from edgechat.model.types import without_none


def text_content(text: str, options: ProviderOptions | None, provider: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text, **cache_breakpoint(options, provider)}


def cache_breakpoint(options: ProviderOptions | None, provider: str) -> dict[str, Any]:
    """The end of what is to be found cached next time."""
    return without_none({"prompt_cache_breakpoint": part_options(options, provider).prompt_cache_breakpoint})


def file_content(part: FilePart, provider: str, default_name: str, *, any_type: bool = True) -> dict[str, Any]:
    """`any_type`: also inline files that are neither images nor PDFs, which only some models read."""
    is_image = kind_of(part.media_type) == "image"
    match inline(part.data):
        case FileReference() as reference:
            source = {"file_id": reference_for(provider, reference)}
        case FileURL(url=url):
            source = {"image_url" if is_image else "file_url": url}
        case FileData(data=data) as file:
            media_type = full_media_type(part.media_type, file)
            if is_image:
                source = {"image_url": data_url(media_type, data)}
            elif media_type == "application/pdf" or any_type:
                suffix = ".pdf" if media_type == "application/pdf" else ""
                source = {"filename": part.filename or default_name + suffix, "file_data": data_url(media_type, data)}
            else:
                raise UnsupportedFunctionalityError(f"Files of type {media_type} are not supported.")
        case _:
            raise UnsupportedFunctionalityError("Files of text are not supported.")
    detail = part_options(part.provider_options, provider).image_detail if is_image else None
    return without_none(
        {
            "type": "input_image" if is_image else "input_file",
            **source,
            "detail": detail,
            **cache_breakpoint(part.provider_options, provider),
        }
    )
