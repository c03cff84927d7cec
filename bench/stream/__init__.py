"""The streaming server half of edgechat beside the AI SDK, both in workerd, on a model that is never waited for."""
