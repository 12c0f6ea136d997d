"""The log over HTTP: one file per resource. Who may read what stands in ``who_may_read``."""
