"""MicroPython for pages: the package as bytecode, its own loader, and an interpreter that has started already."""
