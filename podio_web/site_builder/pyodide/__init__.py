"""Pyodide for pages: the snapshot that it boots from, and the package as bytecode."""
