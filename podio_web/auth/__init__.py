"""The session: who is signed in, where that is kept, how it is renewed, and who is told.

Time, storage and windows are handed in (``platform.py``), so all of it runs on CPython in tests.
"""
