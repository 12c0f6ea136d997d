"""From a bearer token to a requester: everything about the token is checked, and nothing is guessed."""
