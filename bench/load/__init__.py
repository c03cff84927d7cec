"""The chat service under load, beside a Worker that does a chat's work with the AI SDK and D1."""
