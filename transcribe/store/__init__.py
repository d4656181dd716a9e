"""What lasts: SQL tables, the job queue of record, blobs, the audit chain and their migrations."""
