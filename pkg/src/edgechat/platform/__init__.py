"""The rim: the only place where `js`, `pyodide`, `workers` and `httpx` are imported. Only entry points import it."""
