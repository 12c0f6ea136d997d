"""The stand-alone verifier of the audit log: copied as one file, and imported by tests alone."""
