"""The demo's pages: phone, till and bank. They show and ask; what happens to money is decided by the features."""
