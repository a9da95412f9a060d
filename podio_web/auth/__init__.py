"""How a client gets and renews its token: in a page by a popup or a redirect, elsewhere by token grants."""
