"""``SyncFiles``: the members of ``Files`` without ``await``, for scripts."""
