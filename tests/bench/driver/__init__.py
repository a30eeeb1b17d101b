"""What bench.py is made of: servers, the client, rows, figures and tables."""
