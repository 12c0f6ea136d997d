"""The data owners' pages: what they share, who could see what, and what a change would do. They edit nothing."""
