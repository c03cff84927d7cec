"""What can go wrong, said so that the reader knows what to do."""


class PopError(Exception):
    """Shown to the user as one message, without a traceback."""
