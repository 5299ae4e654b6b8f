"""A corpus of escape attempts: what hostile code would try, and the canaries that tell when it succeeds."""
