"""What the end-to-end tests are made of: nodes, backends, certificates and clients."""
