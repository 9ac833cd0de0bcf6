"""What is wrong with a database, found and said."""
