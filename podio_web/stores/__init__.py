"""Session stores: in memory, in the browser's storage, in a file, in SQLite and in Redis."""
