"""HTTP: one file per resource. Identifiers travel in bodies, never in addresses; errors are RFC 9457 problems."""
