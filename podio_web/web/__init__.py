"""Sign-in with Podio for web applications on CPython: middleware for ASGI and WSGI, and helpers for five frameworks."""
