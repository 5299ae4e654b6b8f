"""What a preview consists of, beside "text/csv" and what is said of it. Used on both sides."""

TEXT = "text/vnd.glassbox.excerpt"
