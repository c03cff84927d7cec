"""Worker <-> page: the UI message stream, its chunks, and the messages they fold into."""
