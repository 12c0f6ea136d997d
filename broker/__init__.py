"""The Family Context broker: asks every council service, in its own database, whether it knows a family.

Read ``broker/query.py`` first. It is the whole flow on one screen.
"""

VERSION = "0.1.0"
