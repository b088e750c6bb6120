"""What all pages and operations stand on: they show and ask; what happens to money is decided by the features."""
