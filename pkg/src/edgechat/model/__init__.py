"""Worker <-> model: what goes to a model and what comes back, for each provider's wire."""
