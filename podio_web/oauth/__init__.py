"""OAuth as Podio speaks it: authorization URLs, reading the redirect, attempts and the token.

Pure: no I/O, no browser, no clock of its own. Podio implements a draft of OAuth 2.0
(https://developers.podio.com/doc/oauth-authorization); where RFC 6749 is stricter, this package follows the RFC.
"""
