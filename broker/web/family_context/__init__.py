"""Family Context API 0.0.1: what the open front end of Family Context speaks, answered by live federation."""
