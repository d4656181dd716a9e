"""A report goes out in other forms than DOCX."""
