"""The documentation's site: a prepared copy of ``docs/``, rendered by zensical, and finished without it."""
