"""What a service's technical owner does with a source: propose its file, check it, try it. No record is shown."""
