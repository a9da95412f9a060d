"""Transports: each performs one request and returns its response."""
