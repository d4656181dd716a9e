"""The whole service, with parts of it killed."""
