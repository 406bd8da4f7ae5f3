"""An app of a project, whose models use what the third-party apps offer for models."""
