"""The chat page in Python."""
