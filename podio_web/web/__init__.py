"""What web applications on CPython need: a transport, session stores for many people, and sign-in for ASGI and WSGI.

The only room that imports an HTTP library.
"""
