"""Workers AI, through the binding or by REST: text generation, and speech.

(workerd `types/defines/ai.d.ts`; npm `workers-ai-provider` 4.0.0, whose behaviour this follows.)
"""

from edgechat.model.workers_ai.api import STAND_IN_HEADER, WorkersAI, create_workers_ai, create_workers_ai_rest

__all__ = ["STAND_IN_HEADER", "WorkersAI", "create_workers_ai", "create_workers_ai_rest"]
