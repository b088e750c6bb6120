"""The description of /v1 that people read, made from the OpenAPI document that machines read."""
