"""Looking at a source's live database for its technical owner: catalogue, plans, rights. Never at a person."""
