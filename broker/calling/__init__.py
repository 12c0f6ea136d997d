"""Call-backs: a requester asks a service to ring them about one person. Nothing is disclosed by it."""
