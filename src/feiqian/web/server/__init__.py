"""The HTTP server: uvicorn with bounds of its own."""
