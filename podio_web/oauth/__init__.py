"""Podio's OAuth: authorization requests, redirect responses, token-endpoint bodies and tokens.

Nothing here performs I/O, uses a browser or reads a clock. Podio implements a draft of OAuth 2.0
(https://developers.podio.com/doc/oauth-authorization). Where RFC 6749 is stricter, this package follows the RFC.
"""
