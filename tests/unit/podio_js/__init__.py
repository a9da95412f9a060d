"""What the unit tests of podio-js describe, and what they should have described, for both clients.

https://github.com/podio/podio-js (1.6.1). The docstring of a test names podio-js's behaviour in a few words; where
podio-js is wrong it says so, and the test wants the right behaviour. Push, uploads and thumbnails are not here.
"""
