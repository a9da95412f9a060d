"""What differs between a page, a worker, CPython and blocking code. Only this folder imports JavaScript."""
