"""What readers and parsers have to read right: `pages` of the web, `replies` of models. Benchmarks read them, too."""
