"""A draft becomes a signed report: looked at, edited, released, signed, added to."""
