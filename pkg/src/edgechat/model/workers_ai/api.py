"""What Workers AI understands."""

from collections.abc import Mapping

import msgspec

from edgechat.errors import APICallError
from edgechat.model.types import Decoder, ModelCall, ModelRequest
from edgechat.model.workers_ai.decoder import WorkersAIDecoder
from edgechat.model.workers_ai.errors import workers_ai_error
from edgechat.model.workers_ai.request import forced_tools, request_body

STAND_IN_HEADER = "x-pop-model"
"""By this a local stand-in says which model really answered. Cloudflare does not send it."""


class WorkersAI:
    """The `API` of a text generation model, such as "@cf/meta/llama-3.1-8b-instruct-fp8-fast".

    `provider_options["workers-ai"]`: "sessionAffinity" names a conversation, whose calls find their prompts cached. All
    else goes into the request as it is, such as "reasoning_effort", "chat_template_kwargs" or "lora". Without
    `max_output_tokens` many models stop after 256.
    """

    provider = "workers-ai"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def build(self, call: ModelCall) -> ModelRequest:
        warnings: list[str] = []
        options = dict(call.provider_options.get(self.provider, {}))
        headers = dict(call.headers)
        for name in ("sessionAffinity", "session_affinity"):
            if affinity := options.pop(name, None):
                headers["x-session-affinity"] = affinity
        body = request_body(call, warnings) | options
        return ModelRequest(model=self.model_id, body=msgspec.json.encode(body), headers=headers, warnings=warnings)

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> WorkersAIDecoder:
        def anthropic() -> Decoder:
            # Imported when used: only a gateway may send this wire.
            from edgechat.model.anthropic import AnthropicMessages

            return AnthropicMessages(self.model_id, api_key="").decoder(call, headers)

        return WorkersAIDecoder(
            stand_in=headers.get(STAND_IN_HEADER), forced_tools=forced_tools(call), anthropic=anthropic
        )

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return workers_ai_error(body, status)
