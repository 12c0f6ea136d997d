"""Where the log is kept: an SQLite file (the default), or a PostgreSQL database that several brokers share."""
