"""Measuring podio-web in browsers, side by side with podio-js and with JavaScript by hand: `make bench`.

`docs/performance.md` explains the figures. Nothing here is needed to use the package, and no test asserts a time.
"""
