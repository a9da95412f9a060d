"""One script, written for podio-python and for podio_web.items: the end of a week in the apps of the sandbox.

It reads the open tasks, sums up hours and costs by client, brings overdue tasks up to date, and writes one note for
each client, which a later run changes.
"""

from datetime import date

TASKS, NOTES = 3001, 3003
TODAY = date(2026, 4, 1)
PERSON = 1001
PAGE = 12
"""The items of a page: small, so that there are several."""
