"""What puts the app elsewhere: to_space, and files for systemd, Kubernetes and proxies."""
