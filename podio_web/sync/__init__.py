"""Podio without an event loop: ``SyncPodio``, its transport and the store of scripts.

The sign-in, the session and the calls are those of ``Podio``; nothing of them is written twice.
"""
