"""One module a version of the schema, named by its number. Never edited once it was released."""
