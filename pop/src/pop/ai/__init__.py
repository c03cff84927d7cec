"""A local Workers AI: the wire protocol of the AI binding, answered by models on this machine."""
