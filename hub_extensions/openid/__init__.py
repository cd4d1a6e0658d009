"""Sign-in at an OpenID Connect provider: what it publishes, what its tokens must prove, and the pages on the way."""
