"""The servers, the one-command stack and what operating it needs."""
