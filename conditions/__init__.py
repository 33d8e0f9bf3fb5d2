"""What we know: content models, the release that visitors see, and the public library."""
