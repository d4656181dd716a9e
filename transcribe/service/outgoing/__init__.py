"""A signed report goes out: to targets, in the clinic's own form, and to whoever finds it here."""
