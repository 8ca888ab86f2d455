"""Documents: frozen values in, PDF out. No Django, no database, no network."""
