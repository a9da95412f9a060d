"""Sessions from the token endpoint: the flows of servers and scripts, and silent renewal.

Pure but for the transport that is handed in. A page does not need it and does not download it.
"""
