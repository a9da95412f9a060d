"""The page: fetch, storage, address, popups and other tabs. The only room that touches JavaScript.

Importing a module of this room works only where ``js`` exists: in Pyodide and in MicroPython.
"""
